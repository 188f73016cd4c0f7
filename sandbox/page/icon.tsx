/** The page's few pictures, drawn for it. Decorative: what they stand on carries the name. */
import type { JSX } from 'preact';

const PATHS = {
  close: 'M5 5l14 14M19 5L5 19',
  menu: 'M4 7h16M4 12h16M4 17h16',
  panel: 'M4 7h9m5 0h2M4 12h2m5 0h9M4 17h9m5 0h2M15.5 5v4M8.5 10v4M15.5 15v4',
  download: 'M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14',
  file: 'M7 3h7l5 5v13H7zM14 3v5h5M10 13h6M10 17h6',
  external: 'M14 5h5v5M19 5l-8 8M10 6H6v12h12v-4',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9a3 3 0 110 6 3 3 0 010-6z',
  sun: 'M12 8a4 4 0 110 8 4 4 0 010-8zM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.8 1.8M17.2 17.2L19 19M19 5l-1.8 1.8M6.8 17.2L5 19',
  moon: 'M20 14.5A8.5 8.5 0 119.5 4a7 7 0 0010.5 10.5z',
  down: 'M12 5v14m-6-6l6 6 6-6',
  back: 'M15 5l-7 7 7 7',
  forward: 'M9 5l7 7-7 7',
  apps: 'M5 5h5v5H5zM14 5h5v5h-5zM5 14h5v5H5zM16.5 13.5v6M13.5 16.5h6',
  plus: 'M12 5v14M5 12h14',
  play: 'M8 5.5v13l11-6.5z',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01',
  warning: 'M12 4l9 16H3zM12 10v5M12 17.5h.01',
  chevron: 'M6 9l6 6 6-6',
  reply: 'M9 7l-5 5 5 5M4 12h10a6 6 0 016 6v1',
  send: 'M4 12l16-8-5.5 16-3-6.5z',
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
