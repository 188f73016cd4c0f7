/** Pictures laid out beside each other with captions, as HTML that the browser draws. */
import type { Browser } from 'playwright-core';

export interface SheetRow {
  title: string;
  note: string;
  /** PNGs, one for each column. */
  pictures: readonly Buffer[];
}

const COLUMNS = [
  { title: 'Dark', width: 692 },
  { title: 'Light', width: 692 },
  { title: 'Phone, 375 px', width: 375 },
];

const STYLE = `
  * { box-sizing: border-box; margin: 0 }
  body { background: #15161a; color: #f4f5f7; font: 400 16px/1.4 'Noto Sans', 'Noto Sans CJK JP', sans-serif }
  #sheet { display: inline-block; background: #15161a }
  .columns { display: grid; column-gap: 28px; align-items: start; padding: 40px 44px 56px }
  .head { color: #a3a9b4; font-size: 15px; font-weight: 600; letter-spacing: .02em }
  h2 { grid-column: 1 / -1; font-size: 22px; font-weight: 700; padding: 32px 0 12px; line-height: 1.25 }
  h2 small { color: #a3a9b4; font-size: 17px; font-weight: 400; padding-left: 10px }
  img { display: block; border-radius: 10px }
  .screen { position: relative }
  .mouse { position: absolute }
  .strip { display: grid; gap: 34px 28px; padding: 36px 36px 40px }
  .strip img { width: 100%; border: 1px solid #3a3d44 }
  figcaption { padding: 12px 2px 0; font-size: 21px; font-weight: 600; line-height: 1.3 }
  figcaption b { color: #8f97ff; padding-right: 10px }
  .frame img { width: 100%; border-radius: 0 }
  .frame p { padding: 9px 20px 11px; font-size: 19px; font-weight: 600; text-align: center }
`;

/** Each scene with its name above it, a column for each look. A PNG. */
export function composeSheet(browser: Browser, rows: readonly SheetRow[]): Promise<Buffer> {
  const template = COLUMNS.map(({ width }) => `${width}px`).join(' ');
  const heads = COLUMNS.map(({ title }) => `<div class="head">${escape(title)}</div>`).join('');
  const body = rows.map(({ title, note, pictures }) => heading(title, note) + pictures.map(cell).join('')).join('');
  return draw(browser, `<div class="columns" style="grid-template-columns: ${template}">${heads}${body}</div>`);
}

/** Numbered frames in rows of `columns`, each so many pixels wide, with a line below. A PNG. */
export function composeStrip(
  browser: Browser,
  frames: readonly CaptionedFrame[],
  { columns, width }: { columns: number; width: number },
): Promise<Buffer> {
  const figures = frames.map(
    (frame, index) =>
      `<figure>${screen(frame)}<figcaption><b>${index + 1}</b>${escape(frame.caption)}</figcaption></figure>`,
  );
  const template = `grid-template-columns: repeat(${columns}, ${width}px)`;
  return draw(browser, `<div class="strip" style="${template}">${figures.join('')}</div>`);
}

/** One frame of an animation with its line below it. A PNG, `width` pixels wide. */
export function composeFrame(browser: Browser, frame: CaptionedFrame, width: number): Promise<Buffer> {
  const html = `<div class="frame" style="width: ${width}px">${screen(frame)}<p>${escape(frame.caption)}</p></div>`;
  return draw(browser, html);
}

export interface CaptionedFrame {
  caption: string;
  /** A PNG. */
  picture: Buffer;
  /** Where a mouse pointer is drawn, in fractions of width and height. */
  pointer: { x: number; y: number } | null;
}

function screen({ picture, pointer }: CaptionedFrame): string {
  const mouse =
    pointer === null
      ? ''
      : `<div class="mouse" style="left: ${pointer.x * 100}%; top: ${pointer.y * 100}%">${ARROW}</div>`;
  return `<div class="screen">${image(picture)}${mouse}</div>`;
}

const ARROW = `<svg viewBox="0 0 24 32" width="24"><path d="M2 2v23l6-5 4 9 5-2-4-9h8z" fill="#fff" stroke="#000" stroke-width="2" stroke-linejoin="round"/></svg>`;

function heading(title: string, note: string): string {
  return `<h2>${escape(title)}${note === '' ? '' : `<small>${escape(note)}</small>`}</h2>`;
}

function cell(png: Buffer): string {
  return `<div>${image(png)}</div>`;
}

function image(png: Buffer): string {
  return `<img src="data:image/png;base64,${png.toString('base64')}">`;
}

async function draw(browser: Browser, html: string): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: 2400, height: 1200 } });
  try {
    await page.setContent(`<!doctype html><meta charset="utf-8"><style>${STYLE}</style><div id="sheet">${html}</div>`);
    return await page.locator('#sheet').screenshot();
  } finally {
    await page.close();
  }
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
