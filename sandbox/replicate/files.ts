/** The files of predictions, served without a token as replicate.delivery does. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import sharp from 'sharp';
import type { StartReplicateOptions } from '../interface.ts';
import { drawInTurn } from '../picture-queue.ts';
import { padMp4 } from '../mp4.ts';
import { drawVideo, sizeVideo, type Raster } from '../video.ts';
import { drawHeavyPicture, drawHugePicture } from './bad-picture.ts';
import { refuseCall } from './fault-answers.ts';
import type { FaultKind } from './faults.ts';
import { countOutputs, fileNameOf, pictureOf, promptOf, ratioOf, secondsOf } from './outputs.ts';
import { MIME_TYPES } from './picture.ts';
import type { Prediction } from './prediction.ts';
import { NOT_FOUND, Problem } from './problem.ts';

/** More than any picture may weigh; sent as zeros behind the beginning of a real picture. */
const TOO_LARGE_BYTES = 256 * 1024 * 1024;
/** More than Discord takes anywhere without a boost (10 MiB), and less than the bot fetches. */
const HEAVY_BYTES = 30_000_000;
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

/** Throws Problem 404 for a file that is not there (any more), and what its fault says. */
export async function serveFile(call: FileCall): Promise<FastifyReply> {
  const { prediction, name, now, fault, reply } = call;
  const index = prediction === undefined ? -1 : indexOfFile(prediction, name, now);
  if (prediction === undefined || index === -1) throw new Problem(NOT_FOUND);
  prediction.fileFetches += 1;
  if (fault === 'hang') return call.lose('hang');
  if (fault === 'redirect-away') return reply.redirect(`https://${OTHER_HOST}/${name}`, 302);
  if (fault === 'too-many-pixels') return reply.type('image/png').send(drawHugePicture());
  if (isHttpFault(fault)) throw refuseCall(fault);
  const mimeType = call.picture?.mimeType ?? mimeTypeOf(prediction, index);
  if (fault === 'wrong-type') {
    // The header lies: only the bytes tell.
    return reply.type(mimeType).send(Buffer.from('<!doctype html><title>Sign in</title><p>This is no picture.</p>'));
  }
  const bytes = call.picture?.bytes ?? (await draw(prediction, index));
  if (fault !== '30-mb') return send(call, mimeType, bytes);
  if (mimeType === 'video/mp4') return send(call, mimeType, padMp4(bytes, HEAVY_BYTES));
  return send(call, 'image/png', await drawHeavyPicture(bytes, HEAVY_BYTES));
}

async function send({ fault, reply, lose }: FileCall, mimeType: string, bytes: Buffer): Promise<FastifyReply> {
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

function isHttpFault(fault: FileCall['fault']): fault is Extract<FaultKind<'file'>, `http-${string}`> {
  return fault !== null && fault.startsWith('http-');
}

function indexOfFile(prediction: Prediction, name: string, now: number): number {
  const count = countOutputs(prediction, now);
  return Array.from({ length: count }, (_, index) => fileNameOf(prediction, index)).indexOf(name);
}

function mimeTypeOf(prediction: Prediction, index: number): string {
  return prediction.model.media === 'video' ? 'video/mp4' : MIME_TYPES[pictureOf(prediction, index).format];
}

async function draw(prediction: Prediction, index: number): Promise<Buffer> {
  if (prediction.model.media === 'video') return drawVideoOf(prediction);
  return drawInTurn(pictureOf(prediction, index));
}

async function drawVideoOf(prediction: Prediction): Promise<Buffer> {
  const { input, pictures } = prediction;
  const [ratio, seconds] = [ratioOf(prediction), secondsOf(prediction)];
  const [start, end] = [pictures.find(({ isEnd }) => !isEnd), pictures.find(({ isEnd }) => isEnd)];
  return drawVideo(promptOf(input), {
    ratio,
    ...(seconds === null ? {} : { seconds }),
    ...(start === undefined ? {} : { start: await readRaster(start.bytes, ratio) }),
    ...(end === undefined ? {} : { end: await readRaster(end.bytes, ratio) }),
  });
}

async function readRaster(bytes: Buffer, ratio: number): Promise<Raster> {
  const { width, height } = sizeVideo(ratio);
  const rgb = await sharp(bytes)
    .rotate()
    .resize(width, height, { fit: 'cover' })
    .flatten()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  return { width, height, rgb };
}

function* pad(bytes: Buffer, total: number): Generator<Buffer> {
  yield bytes;
  for (let left = total - bytes.length; left > 0; left -= CHUNK.length)
    yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}
