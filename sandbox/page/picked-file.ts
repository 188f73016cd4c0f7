/** Files that a person picks, drops or pastes, read for sending. */
import type { PickedFile } from '../interface.ts';

/** Discord takes this much from anybody, whatever the server's boosts. */
export const USUAL_FILE_BYTES = 10 * 1024 * 1024;

/** Rejects with an Error whose message is a sentence for the person. */
export async function readPickedFile(file: File, largestBytes: number): Promise<PickedFile> {
  if (file.size > largestBytes) {
    throw new Error(`${file.name} is larger than ${largestBytes / 1024 ** 2} MiB, the most that this server takes.`);
  }
  const address = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(typeof reader.result === 'string' ? reader.result : ''));
    reader.addEventListener('error', () => reject(new Error(`${file.name} could not be read.`)));
    reader.readAsDataURL(file);
  });
  return { name: file.name, contentType: file.type, data: address.slice(address.indexOf(',') + 1) };
}

/** As an address that an `img` shows; undefined for what is no picture. */
export function previewOf({ contentType, data }: PickedFile): string | undefined {
  return /^image\/(?:png|jpeg|gif|webp|avif)$/u.test(contentType) ? `data:${contentType};base64,${data}` : undefined;
}

export function sizeOf({ data }: PickedFile): number {
  return Math.floor((data.length * 3) / 4) - (/=*$/u.exec(data)?.[0].length ?? 0);
}

/** What a drop or a paste carries; empty for words alone. */
export function filesOf(transfer: DataTransfer | null): File[] {
  return [...(transfer?.files ?? [])];
}
