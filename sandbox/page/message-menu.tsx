/** What can be done with a message: the bot's commands for it, and copying. By right-click, toolbar or keyboard. */
import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { moveActive } from './popup.tsx';

export interface MenuPlace {
  /** In the window, in pixels. */
  x: number;
  y: number;
  /** Gets the focus back. */
  opener: HTMLElement | null;
}

export interface MessageMenuProps {
  place: MenuPlace;
  /** Names of the message commands, as the bot registered them. */
  commands: readonly string[];
  run(command: string): void;
  copyText: (() => void) | undefined;
  copyId(): void;
  dismiss: (() => void) | undefined;
  close(): void;
}

/** From the window's edge. */
const MARGIN_PX = 8;

export function MessageMenu(props: MessageMenuProps): JSX.Element {
  const { place, commands, run, copyText, copyId, dismiss, close } = props;
  const menu = useRef<HTMLDivElement>(null);
  const items = (): HTMLElement[] => [...(menu.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
  useLayoutEffect(() => {
    keepInside(menu.current, place);
    items()[0]?.focus();
  }, []);
  const leave = (): void => {
    close();
    place.opener?.focus();
  };
  const choose = (act: () => void) => (): void => {
    leave();
    act();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const all = items();
    const at = all.findIndex((item) => item === document.activeElement);
    if (event.key === 'ArrowDown') all[moveActive(at, 1, all.length)]?.focus();
    else if (event.key === 'ArrowUp') all[moveActive(at, -1, all.length)]?.focus();
    else if (event.key === 'Home') all[0]?.focus();
    else if (event.key === 'End') all.at(-1)?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu-layer" onClick={leave} onContextMenu={(event) => event.preventDefault()}>
      <div
        ref={menu}
        class="message-menu"
        role="menu"
        aria-label="Message"
        onClick={(event) => event.stopPropagation()}
        onKeyDown={onKeyDown}
      >
        <p class="menu-title" aria-hidden="true">
          Apps
        </p>
        {commands.length === 0 && <p class="menu-empty">The bot has no commands for messages.</p>}
        {commands.map((name) => (
          <MenuItem key={name} act={choose(() => run(name))} icon={<Icon name="apps" />}>
            {name}
          </MenuItem>
        ))}
        <hr />
        {copyText !== undefined && (
          <MenuItem act={choose(copyText)} icon={<Icon name="copy" />}>
            Copy text
          </MenuItem>
        )}
        <MenuItem act={choose(copyId)} icon={<span class="menu-id">ID</span>}>
          Copy message ID
        </MenuItem>
        {dismiss !== undefined && (
          <MenuItem act={choose(dismiss)} icon={<Icon name="close" />}>
            Dismiss message
          </MenuItem>
        )}
      </div>
    </div>
  );
}

function MenuItem(props: { act(): void; icon: JSX.Element; children: ComponentChildren }): JSX.Element {
  return (
    <button type="button" role="menuitem" tabIndex={-1} onClick={props.act}>
      <span dir="auto">{props.children}</span>
      {props.icon}
    </button>
  );
}

/** Where it was asked for, moved so that the whole of it is seen. */
function keepInside(menu: HTMLElement | null, { x, y }: MenuPlace): void {
  if (menu === null) return;
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.max(MARGIN_PX, Math.min(x, window.innerWidth - width - MARGIN_PX));
  const top = Math.max(MARGIN_PX, Math.min(y, window.innerHeight - height - MARGIN_PX));
  menu.style.setProperty('--left', `${left}px`);
  menu.style.setProperty('--top', `${top}px`);
}
