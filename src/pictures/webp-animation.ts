/**
 * Puts single WebP pictures together to one that moves, by the container's specification
 * (https://developers.google.com/speed/webp/docs/riff_container): VP8X, ANIM, and one ANMF for each frame.
 *
 * libwebp's own assembler looks for the parts of a frame that stayed as they were. Where everything moves there are
 * none, and frames made one by one need no more memory than one and can be stopped between any two.
 */
import type { Sides } from './sides.ts';

export interface Animation extends Sides {
  /** How long each frame is shown. */
  frameMs: number;
}

const ANIMATED = 0x02;
/** Of ANMF: what is below is not blended with. */
const REPLACES = 0x02;
const RIFF_HEAD_LENGTH = 12;
const CHUNK_HEAD_LENGTH = 8;

/** The frames are lossy pictures without alpha, each of the animation's size. It loops for ever. */
export function assembleWebp(frames: readonly Uint8Array[], { width, height, frameMs }: Animation): Buffer {
  const header = Buffer.alloc(10);
  header.writeUInt8(ANIMATED, 0);
  header.writeUIntLE(width - 1, 4, 3);
  header.writeUIntLE(height - 1, 7, 3);
  // Background colour, and 0 for without end.
  const loop = Buffer.alloc(6);
  const frameHead = Buffer.alloc(16);
  frameHead.writeUIntLE(width - 1, 6, 3);
  frameHead.writeUIntLE(height - 1, 9, 3);
  frameHead.writeUIntLE(frameMs, 12, 3);
  frameHead.writeUInt8(REPLACES, 15);
  const body = Buffer.concat([
    Buffer.from('WEBP', 'latin1'),
    createChunk('VP8X', header),
    createChunk('ANIM', loop),
    ...frames.map((frame) => createChunk('ANMF', Buffer.concat([frameHead, readPicture(frame)]))),
  ]);
  return createChunk('RIFF', body);
}

/** The `VP8 ` chunk of a still picture, with its head and padding. */
function readPicture(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const name = bytes.toString('latin1', RIFF_HEAD_LENGTH, RIFF_HEAD_LENGTH + 4);
  if (name !== 'VP8 ') throw new Error(`Expected a lossy WebP without alpha, got one that begins with ${name}.`);
  const length = bytes.readUInt32LE(RIFF_HEAD_LENGTH + 4);
  return createChunk(name, bytes.subarray(RIFF_HEAD_LENGTH + CHUNK_HEAD_LENGTH).subarray(0, length));
}

/** Chunks begin at even places. */
function createChunk(name: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(CHUNK_HEAD_LENGTH + data.length + (data.length % 2));
  chunk.write(name, 0, 'latin1');
  chunk.writeUInt32LE(data.length, 4);
  chunk.set(data, CHUNK_HEAD_LENGTH);
  return chunk;
}
