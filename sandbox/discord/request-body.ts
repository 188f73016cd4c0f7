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

async function readMultipart(bytes: Buffer, contentType: string): Promise<RequestBody> {
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => {
      throw refuse('invalidJson');
    });
  const files: UploadedFile[] = [];
  let body: unknown = {};
  for (const [name, value] of form) {
    if (typeof value === 'string') {
      if (name === 'payload_json') body = parseJson(value);
      continue;
    }
    const index = /^files?\[(\d+)\]$/u.exec(name)?.[1] ?? (name === 'file' ? '0' : undefined);
    if (index === undefined) continue;
    const contentTypeOfFile = value.type === '' ? 'application/octet-stream' : value.type;
    files.push({
      index,
      name: value.name,
      contentType: contentTypeOfFile,
      bytes: Buffer.from(await value.arrayBuffer()),
    });
  }
  return { body, files };
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
