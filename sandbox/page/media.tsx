/** Pictures, videos and files of a message. */
import type { JSX } from 'preact';
import { useContext, useRef, useState } from 'preact/hooks';
import { ClockOffset } from './clock.ts';
import { bareUrl, isOver, isVideo, safeUrl, type Media } from './component-shape.ts';
import { Icon } from './icon.tsx';
import { useOpenPicture } from './page-context.ts';

/** A picture alone is shown at most this tall, as in media.css. */
const TALLEST_PX = 400;

export interface GalleryItem {
  media: Media;
  /** Empty: the maker gave no alt text. */
  description: string;
  spoiler: boolean;
}

/** One to ten pictures or videos: one in its own shape, more in a grid. */
export function Gallery({ items }: { items: readonly GalleryItem[] }): JSX.Element {
  return (
    <div class={`gallery gallery-${Math.min(items.length, 10)}`}>
      {items.map((item, index) => (
        <GalleryCell key={`${index}-${bareUrl(item.media.url)}`} item={item} isAlone={items.length === 1} />
      ))}
    </div>
  );
}

function GalleryCell({ item, isAlone }: { item: GalleryItem; isAlone: boolean }): JSX.Element {
  const [isHidden, hide] = useState(item.spoiler);
  const openPicture = useOpenPicture();
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
  if (isVideo(item.media)) return <Video url={url} description={item.description} style={style} />;
  return (
    <button
      type="button"
      class="gallery-cell"
      style={style}
      aria-label={`Open the picture: ${item.description || 'no description'}`}
      onClick={() => openPicture(url)}
    >
      <img src={url} alt={item.description} />
    </button>
  );
}

type CellStyle = Record<string, string>;

interface VideoProps {
  url: string;
  description: string;
  style: CellStyle;
}

/** Its first frame with a large button, as Discord shows it; from the first press on the browser's own controls. */
function Video({ url, description, style }: VideoProps): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const [isStarted, start] = useState(false);
  const [isBroken, breakDown] = useState(false);
  const name = description || 'Video';
  if (isBroken) return <div class="media-missing">This video cannot be shown here: {name}</div>;
  return (
    <div class="gallery-cell is-video" style={style}>
      <video
        ref={video}
        // A moment after the beginning: without it some browsers draw nothing until they play.
        src={`${url}#t=0.001`}
        controls={isStarted}
        preload="metadata"
        playsInline
        aria-label={name}
        onError={() => breakDown(true)}
      />
      {!isStarted && (
        <button
          type="button"
          class="play"
          aria-label={`Play the video: ${name}`}
          onClick={() => {
            start(true);
            video.current?.focus();
            // A press that comes before the file is there plays it later, or fails as `onError` tells.
            video.current?.play().catch(() => undefined);
          }}
        >
          <Icon name="play" />
        </button>
      )}
    </div>
  );
}

/** A picture alone keeps its shape while it loads, so that nothing below it jumps. */
function styleOf({ width, height }: Media): CellStyle {
  if (!width || !height) return {};
  return {
    aspectRatio: `${width} / ${height}`,
    width: `${Math.min(width, Math.round((TALLEST_PX * width) / height))}px`,
  };
}

/** Keeps the first signed address of a file as long as it is good, so that an edited card does not load its picture again. */
function useSteadyUrl(url: string | undefined): string | undefined {
  const kept = useRef<string | undefined>(undefined);
  const now = Date.now() + useContext(ClockOffset);
  if (bareUrl(kept.current) !== bareUrl(url) || isOver(kept.current, now)) kept.current = url;
  return safeUrl(kept.current);
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
