/** Pictures, videos and files of a message. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { safeUrl, type Media } from './component-shape.ts';
import { Icon } from './icon.tsx';

/** A picture alone is shown at most this tall, as in style.css. */
const TALLEST_PX = 400;

export interface GalleryItem {
  media: Media;
  /** Empty: the maker gave no alt text. */
  description: string;
  spoiler: boolean;
}

/** One to ten pictures or videos: one in its own shape, more in a grid. */
export function Gallery({ items }: { items: readonly GalleryItem[] }): JSX.Element {
  const [zoomed, zoom] = useState<GalleryItem | null>(null);
  return (
    <div class={`gallery gallery-${Math.min(items.length, 10)}`}>
      {items.map((item, index) => (
        <GalleryCell key={`${index}-${bare(item.media.url)}`} item={item} isAlone={items.length === 1} zoom={zoom} />
      ))}
      {zoomed !== null && <ZoomDialog item={zoomed} close={() => zoom(null)} />}
    </div>
  );
}

/** Signed anew with every edit: the query does not make another picture of it. */
function bare(url: string | undefined): string {
  return (url ?? '').split('?')[0] ?? '';
}

function isVideo({ url, content_type: type }: Media): boolean {
  return type?.startsWith('video/') ?? /\.(?:mp4|webm|mov)$/iu.test(bare(url));
}

function GalleryCell(props: { item: GalleryItem; isAlone: boolean; zoom: (item: GalleryItem) => void }): JSX.Element {
  const { item, isAlone, zoom } = props;
  const [isHidden, hide] = useState(item.spoiler);
  const style = isAlone ? styleOf(item.media) : {};
  const url = useSteadyUrl(item.media.url);
  if (url === undefined) return <div class="media-missing">This picture has no address that can be shown.</div>;
  if (isHidden) {
    return (
      <button type="button" class="gallery-cell media-spoiler" style={style} onClick={() => hide(false)}>
        Spoiler
      </button>
    );
  }
  if (isVideo(item.media)) {
    return (
      <div class="gallery-cell" style={style}>
        <video src={url} controls preload="metadata" aria-label={item.description || 'Video'} />
      </div>
    );
  }
  return (
    <button
      type="button"
      class="gallery-cell"
      style={style}
      aria-label={`Open the picture: ${item.description || 'no description'}`}
      onClick={() => zoom(item)}
    >
      <img src={url} alt={item.description} />
    </button>
  );
}

/** A picture alone keeps its shape while it loads, so that nothing below it jumps. */
function styleOf({ width, height }: Media): { aspectRatio?: string; width?: string } {
  if (!width || !height) return {};
  return {
    aspectRatio: `${width} / ${height}`,
    width: `${Math.min(width, Math.round((TALLEST_PX * width) / height))}px`,
  };
}

/** Keeps the first signed address of a file, so that an edited card does not load its picture again. */
function useSteadyUrl(url: string | undefined): string | undefined {
  const kept = useRef<string | undefined>(undefined);
  if (bare(kept.current) !== bare(url)) kept.current = url;
  return safeUrl(kept.current);
}

function ZoomDialog({ item, close }: { item: GalleryItem; close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  const url = safeUrl(item.media.url);
  return (
    <dialog
      ref={dialog}
      class="zoom"
      aria-label={item.description || 'Picture'}
      onClose={close}
      onClick={(event) => {
        if (event.target === event.currentTarget) dialog.current?.close();
      }}
    >
      <div class="zoom-bar">
        {url !== undefined && (
          <a href={url} target="_blank" rel="noopener noreferrer">
            Open in a new tab
          </a>
        )}
        <button type="button" class="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      <img src={url} alt={item.description} />
      {item.description !== '' && (
        <p class="zoom-caption" dir="auto">
          {item.description}
        </p>
      )}
    </dialog>
  );
}

export interface FileFacts {
  name: string;
  /** Bytes, where known. */
  size: number | undefined;
  url: string | undefined;
}

/** A file to download. */
export function FileRow({ file }: { file: FileFacts }): JSX.Element {
  const href = safeUrl(file.url);
  return (
    <div class="file">
      <Icon name="file" />
      <div class="file-words">
        {href === undefined ? (
          <span class="file-name">{file.name}</span>
        ) : (
          <a class="file-name" href={href} download={file.name} onClick={(event) => void save(event, href, file.name)}>
            {file.name}
          </a>
        )}
        {file.size !== undefined && <span class="file-size">{formatSize(file.size)}</span>}
      </div>
      {href !== undefined && (
        <a
          class="icon-button"
          href={href}
          download={file.name}
          aria-label={`Download ${file.name}`}
          onClick={(event) => void save(event, href, file.name)}
        >
          <Icon name="download" />
        </a>
      )}
    </div>
  );
}

/** Files come from another port, and a browser saves only its own origin's: fetched here, then saved. */
async function save(event: MouseEvent, url: string, name: string): Promise<void> {
  event.preventDefault();
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`The file's address answered ${response.status}.`);
    const address = URL.createObjectURL(await response.blob());
    const link = document.createElement('a');
    link.href = address;
    link.download = name;
    link.click();
    // The browser reads the address after the click; a minute is plenty for 10 MiB.
    window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch {
    window.open(url, '_blank', 'noopener');
  }
}

export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [value, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'KB'] : [bytes / 1024 ** 2, 'MB'];
  return `${value.toFixed(value < 10 ? 2 : 1)} ${unit}`;
}
