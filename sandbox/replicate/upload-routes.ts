/** Uploading files, and asking for, listing and deleting what was uploaded. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from './context.ts';
import { refuseCall } from './fault-answers.ts';
import { badRequest, FILE_NOT_FOUND, FILE_TOO_LARGE, Problem } from './problem.ts';
import { MOST_UPLOAD_BYTES, presentUpload, type Upload } from './uploads.ts';
import { isObject } from './validate.ts';

/** "The filename (required, ≤ 255 bytes, valid UTF-8)". */
const LONGEST_NAME_BYTES = 255;
/** What stands around the file in a form. */
const FORM_BYTES = 64 * 1024;
const FORM = 'multipart/form-data';

type Sent = Pick<Upload, 'bytes' | 'contentType' | 'metadata'> & { name: string };

export function addUploadRoutes(server: FastifyInstance, context: Context): void {
  const url = (): string => `${context.origin()}/v1`;
  const bodyLimit = MOST_UPLOAD_BYTES + FORM_BYTES;
  server.addContentTypeParser(FORM, { parseAs: 'buffer', bodyLimit }, async (_request: unknown, body: Buffer) => body);
  server.post('/v1/files', { bodyLimit, errorHandler: refuseSize }, async (request, reply) =>
    handleUpload(context, request, reply),
  );
  server.get('/v1/files', async () => {
    const results = context.uploads.all().toReversed();
    return { next: null, previous: null, results: results.map((upload) => presentUpload(upload, url())) };
  });
  server.get<{ Params: { id: string } }>('/v1/files/:id', async ({ params }) => {
    const upload = context.uploads.find(params.id);
    if (upload === undefined) throw new Problem(FILE_NOT_FOUND);
    return presentUpload(upload, url());
  });
  server.delete<{ Params: { id: string } }>('/v1/files/:id', async ({ params }, reply) => {
    if (!context.uploads.delete(params.id)) throw new Problem(FILE_NOT_FOUND);
    return reply.code(204).send();
  });
}

async function handleUpload(context: Context, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const fault = context.faults.take('upload')?.kind;
  if (fault === 'cut-before') return context.lose(request, reply, 'cut');
  const isLost = fault === 'hang' || fault === 'cut-after';
  if (fault !== undefined && !isLost) throw refuseCall(fault);
  const sent = await readForm(request);
  context.noteFiles(request, [{ name: sent.name, size: sent.bytes.length }]);
  const upload = context.uploads.add(sent);
  if (isLost) return context.lose(request, reply, fault === 'hang' ? 'hang' : 'cut');
  return reply.code(201).send(presentUpload(upload, `${context.origin()}/v1`));
}

/** Throws Problem 400 for a form without a file, or with one that has no name. */
async function readForm({ body, headers }: FastifyRequest): Promise<Sent> {
  const type = headers['content-type'] ?? '';
  if (!Buffer.isBuffer(body) || !type.startsWith(FORM)) throw new Problem(badRequest(`Expected a body of ${FORM}.`));
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
    .formData()
    .catch(() => Promise.reject(new Problem(badRequest('The multipart body could not be read.'))));
  const content = form.get('content');
  if (!(content instanceof Blob)) throw new Problem(badRequest('Missing content'));
  const name = readText(form, 'filename') ?? (content as File).name;
  if (name === '' || Buffer.byteLength(name) > LONGEST_NAME_BYTES) throw new Problem(badRequest('Invalid filename'));
  return {
    name,
    bytes: Buffer.from(await content.arrayBuffer()),
    contentType: readText(form, 'type') ?? (content.type === '' ? 'application/octet-stream' : content.type),
    metadata: await readMetadata(form.get('metadata')),
  };
}

function readText(form: FormData, name: string): string | null {
  const part = form.get(name);
  return typeof part === 'string' ? part : null;
}

async function readMetadata(part: Blob | string | null): Promise<Record<string, unknown>> {
  if (part === null) return {};
  try {
    const metadata: unknown = JSON.parse(typeof part === 'string' ? part : await part.text());
    if (isObject(metadata)) return metadata;
  } catch {
    // Refused below, as is JSON that is no object.
  }
  throw new Problem(badRequest('Invalid metadata: expected a JSON object.'));
}

/** A body over the limit is refused before it is read, by Fastify's own error. */
function refuseSize(error: unknown): never {
  throw isObject(error) && error.statusCode === 413 ? new Problem(FILE_TOO_LARGE) : error;
}
