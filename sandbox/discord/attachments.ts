/** The files behind messages and the addresses they are fetched from, as Discord's CDN has them. */
import { createHash } from 'node:crypto';
import type { APIAttachment } from 'discord-api-types/v10';
import type { SandboxClock } from '../interface.ts';
import { readImageSize } from './image-size.ts';

export interface UploadedFile {
  /** The n of `files[n]`. */
  index: string;
  name: string;
  contentType: string;
  bytes: Buffer;
}

/** 10 MiB a file without boosts: `attachment_size_limit` of every interaction here. */
export const FILE_LIMIT_BYTES = 10 * 1024 * 1024;
/** Discord's documentation, "Create Message", Limitations. */
export const REQUEST_LIMIT_BYTES = 25 * 1024 * 1024;
/** Addresses that Discord signs are good for a day. */
const URL_LIFE_SECONDS = 86_400;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  mp4: 'video/mp4',
  webm: 'video/webm',
  zip: 'application/zip',
  json: 'application/json; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
};

export class AttachmentStore {
  readonly #clock: SandboxClock;
  /** `http://127.0.0.1:PORT`, known once the server listens. */
  readonly #origin: () => string;
  readonly #files = new Map<string, { bytes: Buffer; contentType: string }>();

  constructor(clock: SandboxClock, origin: () => string) {
    this.#clock = clock;
    this.#origin = origin;
  }

  /** What the API says about a message's file. Nothing is kept until `add`. */
  describe(id: string, channelId: string, file: UploadedFile): APIAttachment {
    return this.#describeAt('attachments', id, channelId, file);
  }

  /** What the API says about a file that came with an interaction and stands in no message. */
  describeUpload(id: string, channelId: string, file: UploadedFile): APIAttachment {
    return { ...this.#describeAt('ephemeral-attachments', id, channelId, file), ephemeral: true };
  }

  #describeAt(folder: string, id: string, channelId: string, file: UploadedFile): APIAttachment {
    const filename = sanitizeName(file.name);
    const url = `${this.#origin()}/${folder}/${channelId}/${id}/${encodeURIComponent(filename)}`;
    const size = readImageSize(file.bytes);
    return {
      id,
      filename,
      ...(filename === file.name ? {} : { title: file.name.replace(/\.[^.]*$/u, '') }),
      size: file.bytes.length,
      url,
      proxy_url: url,
      content_type: contentTypeOf(filename, file.contentType),
      ...size,
    };
  }

  add(attachment: APIAttachment, file: UploadedFile): void {
    this.#files.set(attachment.id, {
      bytes: file.bytes,
      contentType: attachment.content_type ?? 'application/octet-stream',
    });
  }

  remove(attachmentId: string): void {
    this.#files.delete(attachmentId);
  }

  /** The file at a full address or a path of it; undefined once its message is gone. */
  read(url: string): { bytes: Buffer; contentType: string } | undefined {
    const [, attachmentId] = /\/(?:ephemeral-)?attachments\/\d+\/(\d+)\//u.exec(url) ?? [];
    return attachmentId === undefined ? undefined : this.#files.get(attachmentId);
  }

  /** A copy with every address of ours signed anew, as each answer of Discord has it. */
  sign<T>(value: T): T {
    const text = JSON.stringify(value);
    return (text.includes(`${this.#origin()}/attachments/`) ? this.#signAny(value) : JSON.parse(text)) as T;
  }

  #signAny(value: unknown): unknown {
    if (typeof value === 'string') return this.#isOwn(value) ? this.#signUrl(value) : value;
    if (Array.isArray(value)) return value.map((entry) => this.#signAny(entry));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, this.#signAny(entry)]));
  }

  #isOwn(url: string): boolean {
    const origin = this.#origin();
    return url.startsWith(`${origin}/attachments/`) || url.startsWith(`${origin}/ephemeral-attachments/`);
  }

  #signUrl(url: string): string {
    const bare = url.split('?')[0] ?? url;
    const now = Math.floor(this.#clock.now() / 1000);
    const signature = createHash('sha256').update(`${bare}${now}`).digest('hex');
    return `${bare}?ex=${(now + URL_LIFE_SECONDS).toString(16)}&is=${now.toString(16)}&hm=${signature}&`;
  }
}

/**
 * Discord keeps letters, digits, underscores, dashes and dots of ASCII in a file's name and puts the
 * name as it came into `title`; `attachment://` must use the name that is left.
 */
function sanitizeName(name: string): string {
  const clean = name.replace(/\s/gu, '_').replace(/[^A-Za-z0-9._-]/gu, '');
  return clean.replace(/^\.+/u, '') === '' || clean.startsWith('.') ? `unknown${clean}` : clean;
}

function contentTypeOf(filename: string, declared: string): string {
  const extension = /\.([^.]+)$/u.exec(filename)?.[1]?.toLowerCase() ?? '';
  return CONTENT_TYPES[extension] ?? declared;
}
