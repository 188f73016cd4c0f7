/** From bytes to what a request says: JSON, or multipart with payload_json and files. */
import { REQUEST_LIMIT_BYTES } from './attachments.ts';
import type { UploadedFile } from './attachments.ts';
import { refuse } from './errors.ts';

export interface RequestBody {
  body: unknown;
  files: UploadedFile[];
}

export async function readBody(bytes: Buffer | undefined, contentType: string): Promise<RequestBody> {
  if (!bytes || bytes.length === 0) return { body: null, files: [] };
  if (bytes.length > REQUEST_LIMIT_BYTES) throw refuse('entityTooLarge');
  if (contentType.startsWith('multipart/form-data')) return readMultipart(bytes, contentType);
  return { body: parseJson(bytes.toString()), files: [] };
}

/** By hand: reading it as FormData copies every file four times, which hundreds of edits at once would wait for. */
function readMultipart(bytes: Buffer, contentType: string): RequestBody {
  const [, quoted, bare] = /boundary=(?:"([^"]+)"|([^;\s]+))/iu.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) throw refuse('invalidJson');
  const files: UploadedFile[] = [];
  let body: unknown = {};
  for (const { name, filename, type, content } of splitParts(bytes, boundary)) {
    if (filename === undefined) {
      if (name === 'payload_json') body = parseJson(content.toString());
      continue;
    }
    const index = /^files?\[(\d+)\]$/u.exec(name)?.[1] ?? (name === 'file' ? '0' : undefined);
    if (index === undefined) continue;
    // A copy, so that the file does not keep the whole request in memory.
    files.push({ index, name: filename, contentType: type ?? 'application/octet-stream', bytes: Buffer.from(content) });
  }
  return { body, files };
}

interface Part {
  name: string;
  filename: string | undefined;
  type: string | undefined;
  content: Buffer;
}

/** RFC 7578. Throws Discord's refusal when it does not begin and end as it should. */
function splitParts(bytes: Buffer, boundary: string): Part[] {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  if (!bytes.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2))) throw refuse('invalidJson');
  const parts: Part[] = [];
  for (let at = delimiter.length - 2; bytes.toString('latin1', at, at + 2) !== '--';) {
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    const end = headEnd === -1 ? -1 : bytes.indexOf(delimiter, headEnd + 2);
    if (end === -1) throw refuse('invalidJson');
    const head = bytes.toString('utf8', at, headEnd);
    const [, name] = /;\s*name="([^"]*)"/iu.exec(head) ?? [];
    const [, filename] = /;\s*filename="([^"]*)"/iu.exec(head) ?? [];
    const [, type] = /^content-type:\s*(.+)$/imu.exec(head) ?? [];
    if (name === undefined) throw refuse('invalidJson');
    const content = bytes.subarray(Math.min(headEnd + 4, end), end);
    parts.push({ name: unescapeName(name), filename: filename && unescapeName(filename), type: type?.trim(), content });
    at = end + delimiter.length;
  }
  return parts;
}

/** As browsers and undici write names (HTML standard). */
function unescapeName(name: string): string {
  return name.replaceAll('%22', '"').replaceAll('%0D', '\r').replaceAll('%0A', '\n');
}

function parseJson(text: string): unknown {
  try {
    return coerceIds(JSON.parse(text) as unknown);
  } catch {
    throw refuse('invalidJson');
  }
}

/** Discord takes an attachment's id as a number too, and its own examples send the n of `files[n]` so. */
function coerceIds(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const { attachments, data } = body as { attachments?: unknown; data?: unknown };
  return {
    ...body,
    ...(Array.isArray(attachments) ? { attachments: attachments.map(coerceId) } : {}),
    ...(typeof data === 'object' && data !== null ? { data: coerceIds(data) } : {}),
  };
}

function coerceId(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null) return entry;
  const { id } = entry as { id?: unknown };
  return typeof id === 'number' && Number.isInteger(id) ? { ...entry, id: String(id) } : entry;
}
