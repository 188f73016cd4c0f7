/**
 * A message with its files as one body. discord.js builds a FormData of Blobs, which is copied through four
 * streams on its way out: as much work as everything else about the edit.
 */
import { randomBytes } from 'node:crypto';
import type { RawFile } from 'discord.js';

export interface MultipartBody {
  bytes: Buffer;
  contentType: string;
}

/** `payload_json` and `files[n]`, as Discord's reference ("Uploading Files") has them. */
export function encodeMultipart(body: unknown, files: readonly RawFile[]): MultipartBody {
  const boundary = `darkroom-${randomBytes(16).toString('hex')}`;
  const parts: Uint8Array[] = [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="payload_json"\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(body)}`,
    ),
    ...files.flatMap(({ name, data, contentType = 'application/octet-stream' }, index) => [
      Buffer.from(
        `\r\n--${boundary}\r\nContent-Disposition: form-data; name="files[${index}]"; filename="${escapeName(name)}"\r\nContent-Type: ${contentType}\r\n\r\n`,
      ),
      data as Uint8Array,
    ]),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ];
  return { bytes: Buffer.concat(parts), contentType: `multipart/form-data; boundary=${boundary}` };
}

/** As browsers do (HTML standard, multipart/form-data encoding algorithm). */
function escapeName(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}
