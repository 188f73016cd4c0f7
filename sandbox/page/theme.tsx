/** Dark or light: what the address asks for, else what the person chose, else the system's wish. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { readPageQuery } from './page-query.ts';

type Theme = 'dark' | 'light';

const KEY = 'darkroom-theme';

export function ThemeButton(): JSX.Element {
  const [theme, setTheme] = useState<Theme>(readTheme);
  useEffect(() => showTheme(theme), [theme]);
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Switch to the ${other} theme`}
      onClick={() => {
        keepTheme(other);
        setTheme(other);
      }}
    >
      <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
}

/** Also before anything is drawn, so that nothing flashes. */
export function showTheme(theme: Theme = readTheme()): void {
  document.documentElement.dataset['theme'] = theme;
}

function readTheme(): Theme {
  const { theme } = readPageQuery();
  if (theme !== null) return theme;
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === 'dark' || kept === 'light') return kept;
  } catch {
    // A browser that keeps nothing for this page: the system's wish is good enough.
  }
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
}

function keepTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // As above: then it holds until the page is closed.
  }
}
