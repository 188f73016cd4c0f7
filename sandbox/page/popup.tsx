/** The list above the composer: commands, options or choices, moved through with the arrow keys. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface PopupEntry {
  key: string;
  title: string;
  description: string | undefined;
  /** Before the title. */
  picture?: JSX.Element | undefined;
}

export interface PopupProps {
  id: string;
  label: string;
  entries: readonly PopupEntry[];
  /** -1: none is highlighted. */
  active: number;
  pick(index: number): void;
  children?: ComponentChildren;
}

export function entryId(popupId: string, index: number): string {
  return `${popupId}-${index}`;
}

export function Popup({ id, label, entries, active, pick, children }: PopupProps): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <div class="popup">
      {children}
      {entries.length > 0 && (
        <ul ref={list} id={id} role="listbox" aria-label={label}>
          {entries.map((entry, index) => (
            <li
              key={entry.key}
              id={entryId(id, index)}
              role="option"
              aria-selected={index === active}
              // The input keeps the focus: pressing must not take it.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => pick(index)}
            >
              {entry.picture}
              <span class="entry-words">
                <strong>{entry.title}</strong>
                {entry.description !== undefined && <span class="entry-description">{entry.description}</span>}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** One step through a list of `count`, round its ends. From none, down goes to the first, up to the last. */
export function moveActive(active: number, step: 1 | -1, count: number): number {
  if (count === 0) return -1;
  if (active === -1) return step === 1 ? 0 : count - 1;
  return (active + step + count) % count;
}
