/** A message's pictures, large: one at a time, the arrow keys go on to the others. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { safeUrl, type Picture } from './component-shape.ts';
import { Icon } from './icon.tsx';

export interface LightboxProps {
  pictures: readonly Picture[];
  /** Of the picture to begin with. */
  index: number;
  close(): void;
}

/** A finger that moves farther than this means the next picture. */
const SWIPE_PX = 48;

/** The dialog keeps the focus inside, and gives it back to what opened it. */
export function Lightbox({ pictures, index, close }: LightboxProps): JSX.Element | null {
  const dialog = useRef<HTMLDialogElement>(null);
  const touchedAt = useRef<number | null>(null);
  const [at, goTo] = useState(index);
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  const picture = pictures[Math.min(at, pictures.length - 1)];
  if (picture === undefined) return null;
  const step = (by: number): void => goTo((at + by + pictures.length) % pictures.length);
  const keys: Readonly<Record<string, () => void>> = {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    Home: () => goTo(0),
    End: () => goTo(pictures.length - 1),
  };
  const url = safeUrl(picture.url);
  return (
    <dialog
      ref={dialog}
      class="zoom"
      aria-label={picture.description || 'Picture'}
      onClose={close}
      onClick={(event) => {
        const { target } = event;
        // Beside the picture: the dialog itself, or the empty stage around it.
        const isBeside = target === event.currentTarget || (target as Element).classList.contains('zoom-stage');
        if (isBeside) dialog.current?.close();
      }}
      onTouchStart={({ touches }) => (touchedAt.current = touches.length === 1 ? (touches[0]?.clientX ?? null) : null)}
      onTouchEnd={({ changedTouches }) => {
        const moved = (changedTouches[0]?.clientX ?? 0) - (touchedAt.current ?? changedTouches[0]?.clientX ?? 0);
        if (pictures.length > 1 && Math.abs(moved) > SWIPE_PX) step(moved < 0 ? 1 : -1);
      }}
      onKeyDown={(event) => {
        const act = pictures.length > 1 ? keys[event.key] : undefined;
        if (act === undefined) return;
        event.preventDefault();
        act();
      }}
    >
      <div class="zoom-bar">
        <span class="zoom-count" aria-live="polite">
          {pictures.length > 1 ? `${at + 1} of ${pictures.length}` : ''}
        </span>
        {url !== undefined && (
          <a class="icon-button" href={url} target="_blank" rel="noopener noreferrer" aria-label="Open in a new tab">
            <Icon name="external" />
          </a>
        )}
        <button type="button" class="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      <div class="zoom-stage">
        {pictures.length > 1 && (
          <button type="button" class="icon-button zoom-step" aria-label="Previous picture" onClick={() => step(-1)}>
            <Icon name="back" />
          </button>
        )}
        <img src={url} alt={picture.description} />
        {pictures.length > 1 && (
          <button type="button" class="icon-button zoom-step" aria-label="Next picture" onClick={() => step(1)}>
            <Icon name="forward" />
          </button>
        )}
      </div>
      <p class="zoom-caption" dir="auto">
        {picture.description}
      </p>
    </dialog>
  );
}
