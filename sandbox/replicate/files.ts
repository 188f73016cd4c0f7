/** The files of predictions, served without a token as replicate.delivery does. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { StartReplicateOptions } from '../interface.ts';
import { drawHugePicture } from './bad-picture.ts';
import { refuseFile } from './fault-answers.ts';
import type { FaultKind } from './faults.ts';
import { drawPicture, MIME_TYPES, type PictureRequest } from './picture.ts';
import { countOutputs, fileNameOf, pictureOf, type Prediction } from './prediction.ts';
import { NOT_FOUND, Problem } from './problem.ts';

/** More than any picture may weigh; sent as zeros behind the beginning of a real picture. */
const TOO_LARGE_BYTES = 256 * 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024);

/** A name that no resolver knows (RFC 6761): who follows there gets nothing and harms nobody. */
const OTHER_HOST = 'files.elsewhere.invalid';

export interface FileCall {
  prediction: Prediction | undefined;
  name: string;
  now: number;
  fault: FaultKind<'file'> | null;
  /** Given instead of a picture of its own. */
  picture: StartReplicateOptions['picture'];
  reply: FastifyReply;
  /** Leaves the caller without (the rest of) an answer and records that. */
  lose: (kind: 'hang' | 'cut') => FastifyReply;
}

/** Throws Problem 404 for a file that is not there (any more). */
export async function serveFile({
  prediction,
  name,
  now,
  fault,
  picture,
  reply,
  lose,
}: FileCall): Promise<FastifyReply> {
  const index = prediction === undefined ? -1 : indexOfFile(prediction, name, now);
  if (prediction === undefined || index === -1) throw new Problem(NOT_FOUND);
  prediction.fileFetches += 1;
  if (fault === 'hang') return lose('hang');
  if (fault === 'redirect-away') return reply.redirect(`https://${OTHER_HOST}/${name}`, 302);
  if (fault === 'too-many-pixels') return reply.type('image/png').send(drawHugePicture());
  if (isHttpFault(fault)) throw refuseFile(fault);
  const request = pictureOf(prediction, index);
  const mimeType = picture?.mimeType ?? MIME_TYPES[request.format];
  if (fault === 'wrong-type') {
    // The header lies: only the bytes tell.
    return reply.type(mimeType).send(Buffer.from('<!doctype html><title>Sign in</title><p>This is no picture.</p>'));
  }
  const bytes = picture?.bytes ?? (await draw(request));
  if (fault === 'too-large') {
    return reply
      .type(mimeType)
      .header('content-length', TOO_LARGE_BYTES)
      .send(Readable.from(pad(bytes, TOO_LARGE_BYTES)));
  }
  if (fault === 'cut-half') {
    reply.raw.writeHead(200, { 'content-type': mimeType, 'content-length': bytes.length });
    await new Promise<void>((resolve) => reply.raw.write(bytes.subarray(0, bytes.length / 2), () => resolve()));
    return lose('cut');
  }
  return reply
    .type(mimeType)
    .header('content-length', bytes.length)
    .header('cache-control', 'public, max-age=3600')
    .send(bytes);
}

function isHttpFault(fault: FileCall['fault']): fault is Extract<NonNullable<FileCall['fault']>, `http-${string}`> {
  return fault !== null && fault.startsWith('http-');
}

function indexOfFile(prediction: Prediction, name: string, now: number): number {
  const count = countOutputs(prediction, now);
  return Array.from({ length: count }, (_, index) => fileNameOf(prediction, index)).indexOf(name);
}

/** A few at once: encoding shares libuv's four threads with every file and name lookup of the process. */
const DRAWN_AT_ONCE = 2;
let drawing = 0;
const waiting: (() => void)[] = [];

async function draw(picture: PictureRequest): Promise<Buffer> {
  if (drawing >= DRAWN_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else drawing += 1;
  try {
    return await drawPicture(picture);
  } finally {
    // The place passes straight to the next in line, so nobody can slip in between.
    const next = waiting.shift();
    if (next === undefined) drawing -= 1;
    else next();
  }
}

function* pad(bytes: Buffer, total: number): Generator<Buffer> {
  yield bytes;
  for (let left = total - bytes.length; left > 0; left -= CHUNK.length)
    yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}
