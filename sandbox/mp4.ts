/** An MP4 (ISO/IEC 14496-12 and -15) around frames of H.264, of which the first can be shown by itself. */
import { isWhole, type H264Config } from './h264.ts';

export interface Mp4 {
  width: number;
  height: number;
  config: H264Config;
  frames: readonly Buffer[];
  framesPerSecond: number;
}

/** 1.0, and the matrix that leaves a picture as it is. */
const UNIT_MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map((value) => u32(value));
/** "und", three letters of five bits. */
const NO_LANGUAGE = u16(0x55c4);
const VERSION_0 = u32(0);
/** Sample description, data and track count from one. */
const FIRST = u32(1);

export function wrapMp4(video: Mp4): Buffer {
  const samples = video.frames.map((frame) => Buffer.concat([u32(frame.length), frame]));
  const type = box('ftyp', text('isom'), u32(0x200), text('isomiso2avc1mp41'));
  // The index comes first, so that playing can begin before all is there; its length does not depend on the offset.
  const offset = type.length + movie(video, samples, 0).length + 8;
  return Buffer.concat([type, movie(video, samples, offset), box('mdat', ...samples)]);
}

/** The same video in a file of just this many bytes: what is added, players skip. */
export function padMp4(video: Buffer, bytes: number): Buffer {
  return Buffer.concat([video, box('free', Buffer.alloc(Math.max(0, bytes - video.length - 8)))]);
}

function movie(video: Mp4, samples: Buffer[], offset: number): Buffer {
  const times = [u32(0), u32(0), u32(video.framesPerSecond), u32(samples.length)];
  const header = box(
    'mvhd',
    VERSION_0,
    ...times,
    u32(0x10000),
    u16(0x100),
    Buffer.alloc(10),
    ...UNIT_MATRIX,
    Buffer.alloc(24),
    u32(2),
  );
  return box('moov', header, track(video, samples, offset));
}

function track(video: Mp4, samples: Buffer[], offset: number): Buffer {
  // Flags: enabled, in the movie. No volume: it is a picture.
  const header = box(
    'tkhd',
    u32(3),
    u32(0),
    u32(0),
    FIRST,
    u32(0),
    u32(samples.length),
    Buffer.alloc(16),
    ...UNIT_MATRIX,
    u32(video.width * 0x10000),
    u32(video.height * 0x10000),
  );
  const times = [u32(0), u32(0), u32(video.framesPerSecond), u32(samples.length)];
  const handler = box('hdlr', VERSION_0, u32(0), text('vide'), Buffer.alloc(12), text('VideoHandler\0'));
  const media = box(
    'mdia',
    box('mdhd', VERSION_0, ...times, NO_LANGUAGE, u16(0)),
    handler,
    information(video, samples, offset),
  );
  return box('trak', header, media);
}

function information(video: Mp4, samples: Buffer[], offset: number): Buffer {
  const header = box('vmhd', u32(1), Buffer.alloc(8));
  // Flag 1: the data is in this file.
  const where = box('dinf', box('dref', VERSION_0, u32(1), box('url ', u32(1))));
  const table = box(
    'stbl',
    box('stsd', VERSION_0, u32(1), sampleEntry(video)),
    box('stts', VERSION_0, u32(1), u32(samples.length), u32(1)),
    syncTable(video),
    box('stsc', VERSION_0, u32(1), FIRST, u32(samples.length), FIRST),
    box('stsz', VERSION_0, u32(0), u32(samples.length), ...samples.map(({ length }) => u32(length))),
    box('stco', VERSION_0, u32(1), u32(offset)),
  );
  return box('minf', header, where, table);
}

/** Where a player can begin: at the frames that can be shown by themselves, counted from 1. */
function syncTable({ frames }: Mp4): Buffer {
  const places = frames.flatMap((frame, index) => (isWhole(frame) ? [u32(index + 1)] : []));
  return box('stss', VERSION_0, u32(places.length), ...places);
}

function sampleEntry({ width, height, config: { sequence, picture } }: Mp4): Buffer {
  // Version 1, profile bytes as in the sequence, lengths of four bytes, one set of each kind.
  const profile = sequence.subarray(1, 4);
  const sets = [
    Buffer.from([0xff, 0xe1]),
    u16(sequence.length),
    sequence,
    Buffer.from([1]),
    u16(picture.length),
    picture,
  ];
  return box(
    'avc1',
    Buffer.alloc(6),
    u16(1),
    Buffer.alloc(16),
    u16(width),
    u16(height),
    // 72 dots an inch each way.
    u32(0x480000),
    u32(0x480000),
    u32(0),
    u16(1),
    Buffer.alloc(32),
    u16(24),
    u16(0xffff),
    box('avcC', Buffer.from([1]), profile, ...sets),
  );
}

function box(type: string, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([u32(content.length + 8), text(type), content]);
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
