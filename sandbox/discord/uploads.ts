/** Files that a person picked for an option or in a modal: checked as Discord's client does, kept for the bot to fetch. */
import type { APIAttachment } from 'discord-api-types/v10';
import type { PickedFile } from '../interface.ts';
import type { AttachmentStore, UploadedFile } from './attachments.ts';

/** Discord removes such files "after a set period" that it does not name; here the oldest go. */
const MOST_KEPT = 200;

/** Discord's filters go by the name's extension alone ("File Type Filtering"). The groups are the usual ones. */
const FILE_TYPE_GROUPS: Readonly<Record<string, readonly string[]>> = {
  image: ['.png', '.jpg', '.jpeg', '.gif', '.webp', '.avif', '.heic', '.bmp', '.svg'],
  video: ['.mp4', '.mov', '.webm', '.mkv'],
  audio: ['.mp3', '.ogg', '.wav', '.flac', '.m4a', '.opus'],
};

export function isPickedFile(value: unknown): value is PickedFile {
  if (typeof value !== 'object' || value === null) return false;
  const { name, contentType, data } = value as Partial<Record<keyof PickedFile, unknown>>;
  return typeof name === 'string' && typeof contentType === 'string' && typeof data === 'string';
}

/** Throws an Error with a sentence where the client would not take the file. `place` names the option or input. */
export function checkPickedFile(
  file: PickedFile,
  place: string,
  { fileTypes, largestBytes }: { fileTypes: readonly string[] | null | undefined; largestBytes: number },
): void {
  if (file.name === '') throw new Error(`The file of "${place}" has no name.`);
  const size = Buffer.byteLength(file.data, 'base64');
  if (size === 0) throw new Error(`The file ${file.name} of "${place}" is empty.`);
  if (size > largestBytes) {
    throw new Error(`The file ${file.name} of "${place}" is larger than ${largestBytes / 1024 ** 2} MiB.`);
  }
  if (!fileTypes?.length) return;
  const extension = /\.[^.]+$/u.exec(file.name)?.[0].toLowerCase() ?? '';
  const allowed = fileTypes.flatMap((type) => FILE_TYPE_GROUPS[type] ?? [type.toLowerCase()]);
  if (!allowed.includes(extension)) {
    throw new Error(`The file of "${place}" is one of ${fileTypes.join(', ')}, got ${file.name}.`);
  }
}

/** As the `index`-th file of a message. */
export function toUploadedFile(picked: PickedFile, index: number): UploadedFile {
  return {
    index: String(index),
    name: picked.name,
    contentType: picked.contentType === '' ? 'application/octet-stream' : picked.contentType,
    bytes: Buffer.from(picked.data, 'base64'),
  };
}

export class Uploads {
  readonly #attachments: AttachmentStore;
  readonly #nextId: () => string;
  readonly #kept: string[] = [];

  constructor(attachments: AttachmentStore, nextId: () => string) {
    this.#attachments = attachments;
    this.#nextId = nextId;
  }

  /** Keeps the file and describes it with a signed address that serves it. */
  keep(picked: PickedFile, channelId: string): APIAttachment {
    const file = toUploadedFile(picked, 0);
    const attachment = this.#attachments.describeUpload(this.#nextId(), channelId, file);
    this.#attachments.add(attachment, file);
    this.#kept.push(attachment.id);
    if (this.#kept.length > MOST_KEPT) this.#attachments.remove(this.#kept.shift() ?? '');
    return this.#attachments.sign(attachment);
  }
}
