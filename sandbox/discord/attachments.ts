/** The files behind messages and the addresses they are fetched from, as Discord's CDN has them. */
import type { APIAttachment } from 'discord-api-types/v10';
import type { Links } from './links.ts';
import { readMediaSize } from './media-size.ts';

export interface UploadedFile {
  /** The n of `files[n]`. */
  index: string;
  name: string;
  contentType: string;
  bytes: Buffer;
}

export interface StoredFile {
  bytes: Buffer;
  contentType: string;
}

/** Discord's documentation, "Create Message", Limitations. */
export const REQUEST_LIMIT_BYTES = 25 * 1024 * 1024;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  zip: 'application/zip',
  json: 'application/json; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
};

export class AttachmentStore {
  readonly #links: Links;
  /** `http://127.0.0.1:PORT`, known once the server listens. */
  readonly #origin: () => string;
  readonly #files = new Map<string, StoredFile>();

  constructor(links: Links, origin: () => string) {
    this.#links = links;
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
    const size = readMediaSize(file.bytes);
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

  /** The file at a full address or a path of it, however old; undefined once its message is gone. */
  read(url: string): StoredFile | undefined {
    const [, attachmentId] = /\/(?:ephemeral-)?attachments\/\d+\/(\d+)\//u.exec(url) ?? [];
    return attachmentId === undefined ? undefined : this.#files.get(attachmentId);
  }

  /** The same for whoever comes over the net: undefined too for an address that is not signed, or over. */
  open(url: string): StoredFile | undefined {
    return this.#links.isGood(url) ? this.read(url) : undefined;
  }

  /** A copy with every address of ours signed anew, as each answer of Discord has it. */
  sign<T>(value: T): T {
    return this.#links.sign(value);
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
