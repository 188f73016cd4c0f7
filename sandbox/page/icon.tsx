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
  send: 'M4 12l16-8-5.5 16-3-6.5z',
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
