/** The bar at the top: which channel, and what opens the drawers. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SandboxChannel } from '../interface.ts';
import { Icon } from './icon.tsx';
import type { LiveState } from './live-state.ts';
import { ThemeButton } from './theme.tsx';

/** Where the panel is a drawer, as in narrow.css. */
export function isNarrow(): boolean {
  return matchMedia('(width <= 1060px)').matches;
}

export type Drawer = 'channels' | 'panel' | null;

export interface HeaderProps {
  state: LiveState;
  channel: SandboxChannel;
  drawer: Drawer;
  setDrawer(drawer: Drawer): void;
  isPanelClosed: boolean;
  togglePanel(): void;
}

export function Header({ state, channel, drawer, setDrawer, isPanelClosed, togglePanel }: HeaderProps): JSX.Element {
  return (
    <header class="top">
      <button
        type="button"
        class="icon-button drawer-open"
        aria-label="Channels"
        aria-controls="channels"
        aria-expanded={drawer === 'channels'}
        onClick={() => setDrawer(drawer === 'channels' ? null : 'channels')}
      >
        <Icon name="menu" />
      </button>
      <h1>
        <span class="hash" aria-hidden="true">
          #
        </span>
        {channel.name}
      </h1>
      <p class="topic" dir="auto">
        {channel.topic}
      </p>
      <p class="connection" role="status">
        {state.isConnected ? '' : 'Connection lost, trying again…'}
      </p>
      <ThemeButton />
      <button
        type="button"
        class="icon-button panel-toggle"
        aria-label="Sandbox panel"
        aria-controls="panel"
        aria-expanded={isNarrow() ? drawer === 'panel' : !isPanelClosed}
        onClick={togglePanel}
      >
        <Icon name="panel" />
        <span class={`state-dot is-${state.bot.state}`} aria-hidden="true" />
      </button>
    </header>
  );
}

/** Escape closes the open drawer; the focus goes into it and comes back. */
export function useDrawerKeys(drawer: Drawer, close: () => void): void {
  useEffect(() => {
    if (drawer === null) return undefined;
    document.querySelector<HTMLElement>(`#${drawer} .drawer-close`)?.focus();
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') close();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
      document.querySelector<HTMLElement>(`[aria-controls='${drawer}']`)?.focus();
    };
  }, [drawer]);
}
