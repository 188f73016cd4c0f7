/**
 * What of a message's components the page reads: one open shape for all kinds, every field optional,
 * since what a bot sent is shown as far as it makes sense and never trusted. Numbers are Discord's
 * (facts: Components V2 reference).
 */

export const KIND = {
  actionRow: 1,
  button: 2,
  stringSelect: 3,
  textInput: 4,
  userSelect: 5,
  roleSelect: 6,
  mentionableSelect: 7,
  channelSelect: 8,
  section: 9,
  textDisplay: 10,
  thumbnail: 11,
  mediaGallery: 12,
  file: 13,
  separator: 14,
  container: 17,
  label: 18,
  fileUpload: 19,
  radioGroup: 21,
  checkboxGroup: 22,
  checkbox: 23,
} as const;

export interface Emoji {
  id?: string | null;
  name?: string | null;
}

export interface Media {
  url?: string;
  width?: number | null;
  height?: number | null;
  content_type?: string | null;
}

export interface SelectOption {
  label: string;
  value: string;
  description?: string | null;
  emoji?: Emoji | null;
  default?: boolean;
}

export interface Component {
  type: number;
  id?: number;
  custom_id?: string;
  components?: Component[];
  component?: Component;
  accessory?: Component;
  content?: string;
  label?: string | null;
  description?: string | null;
  style?: number;
  emoji?: Emoji | null;
  url?: string | null;
  disabled?: boolean;
  items?: { media?: Media; description?: string | null; spoiler?: boolean }[];
  media?: Media;
  file?: Media;
  name?: string;
  size?: number;
  spoiler?: boolean;
  accent_color?: number | null;
  divider?: boolean;
  spacing?: number;
  options?: SelectOption[];
  placeholder?: string | null;
  min_values?: number;
  max_values?: number;
  min_length?: number;
  max_length?: number;
  required?: boolean;
  value?: string;
  /** Of a checkbox. */
  default?: boolean;
  /** What a menu of members, roles or channels opens with. */
  default_values?: { id: string; type: string }[];
  /** `image`, `video`, `audio`, or an extension with its dot. */
  file_types?: string[];
}

/** Components as they came, of a message or a modal. */
export function readComponents(components: unknown): Component[] {
  if (!Array.isArray(components)) return [];
  return components.filter(
    (component): component is Component =>
      typeof component === 'object' && component !== null && typeof component.type === 'number',
  );
}

export interface Picture {
  url: string;
  /** Empty: the maker gave no alt text. */
  description: string;
}

/** Every picture that the components show, in reading order. */
export function listPictures(components: readonly Component[]): Picture[] {
  return components.flatMap((component) => {
    const items = [...(component.items ?? []), ...(component.type === KIND.thumbnail ? [component] : [])];
    return [
      ...items.flatMap(({ media, description }) =>
        media?.url === undefined || isVideo(media) ? [] : [{ url: media.url, description: description ?? '' }],
      ),
      ...listPictures(component.components ?? []),
      ...(component.accessory === undefined ? [] : listPictures([component.accessory])),
    ];
  });
}

export function isVideo({ url, content_type: type }: Media): boolean {
  return type?.startsWith('video/') ?? /\.(?:mp4|webm|mov)$/iu.test(bareUrl(url));
}

/** Addresses are signed anew with every edit: the query does not make another file of it. */
export function bareUrl(url: string | undefined): string {
  return (url ?? '').split('?')[0] ?? '';
}

/** Whether the time that an address is signed for has passed. */
export function isOver(url: string | undefined, now: number): boolean {
  const until = /[?&]ex=([0-9a-f]+)/u.exec(url ?? '')?.[1];
  return until !== undefined && Number.parseInt(until, 16) * 1000 <= now;
}

/** A file input's `accept` for Discord's file types. */
export function acceptOf(fileTypes: readonly string[] | undefined): string {
  return (fileTypes ?? []).map((type) => (type.startsWith('.') ? type : `${type}/*`)).join(',');
}

export function acceptsJpeg(fileTypes: readonly string[] | undefined): boolean {
  return !fileTypes?.length || fileTypes.some((type) => ['image', '.jpg', '.jpeg'].includes(type.toLowerCase()));
}

/** The words of a message in reading order, for those who hear the page. */
export function listTexts(components: readonly Component[]): string[] {
  return components.flatMap((component) => [
    ...(component.content === undefined ? [] : [component.content]),
    ...listTexts(component.components ?? []),
  ]);
}

/** An address that is safe to open or load: http and https, nothing else. */
export function safeUrl(url: string | null | undefined): string | undefined {
  if (url === null || url === undefined || !URL.canParse(url)) return undefined;
  return /^https?:$/u.test(new URL(url).protocol) ? url : undefined;
}
