/** Puts H.264 pictures into an MP4 file with one track (ISO/IEC 14496-12 and -15). */
import type { EncodedVideo } from './h264.ts';

export interface Mp4 extends EncodedVideo {
  width: number;
  height: number;
  perSecond: number;
}

/** Units of time in a second. */
const TIMESCALE = 1_000;
/** 1.0 and a matrix that changes nothing, in fixed point. */
const ONE = 0x0001_0000;
const MATRIX = u32(ONE, 0, 0, 0, ONE, 0, 0, 0, 0x4000_0000);
/** 72 dots per inch, in fixed point. */
const DPI = 0x0048_0000;

export function writeMp4(video: Mp4): Buffer {
  const samples = video.units.map((unit) => Buffer.concat([u32(unit.length), unit]));
  const type = box('ftyp', Buffer.from('isom'), u32(512), Buffer.from('isomiso2avc1mp41'));
  // The index comes first so that players begin early; it needs to know where the samples will lie.
  const length = writeIndex(video, samples, 0).length;
  const data = box('mdat', ...samples);
  const start = type.length + length + (data.length - samples.reduce((sum, sample) => sum + sample.length, 0));
  return Buffer.concat([type, writeIndex(video, samples, start), data]);
}

/** `start`: where the first sample lies in the file. */
function writeIndex(video: Mp4, samples: Buffer[], start: number): Buffer {
  const { width, height, perSecond } = video;
  const duration = (samples.length / perSecond) * TIMESCALE;
  return box(
    'moov',
    box(
      'mvhd',
      u32(0, 0, 0, TIMESCALE, duration, ONE),
      u16(0x0100),
      Buffer.alloc(10),
      MATRIX,
      Buffer.alloc(24),
      u32(2),
    ),
    box(
      'trak',
      // Enabled, in the movie and in the preview.
      box('tkhd', u32(3, 0, 0, 1, 0, duration), Buffer.alloc(16), MATRIX, u32(width * ONE, height * ONE)),
      box(
        'mdia',
        box('mdhd', u32(0, 0, 0, TIMESCALE, duration), u16(UNDETERMINED, 0)),
        box('hdlr', u32(0, 0), Buffer.from('vide'), Buffer.alloc(12), Buffer.from('VideoHandler\0')),
        box(
          'minf',
          box('vmhd', u32(1), Buffer.alloc(8)),
          box('dinf', box('dref', u32(0, 1), box('url ', u32(1)))),
          writeSampleTable(video, samples, start),
        ),
      ),
    ),
  );
}

/** The language `und`, five bits a letter. */
const UNDETERMINED = 0x55c4;

function writeSampleTable(video: Mp4, samples: Buffer[], start: number): Buffer {
  return box(
    'stbl',
    box('stsd', u32(0, 1), writeSampleEntry(video)),
    box('stts', u32(0, 1, samples.length, TIMESCALE / video.perSecond)),
    // One chunk with all samples.
    box('stsc', u32(0, 1, 1, samples.length, 1)),
    box('stsz', u32(0, 0, samples.length, ...samples.map((sample) => sample.length))),
    box('stco', u32(0, 1, start)),
  );
}

function writeSampleEntry({ width, height, sps, pps }: Mp4): Buffer {
  const configuration = box(
    'avcC',
    // Version, then profile, constraints and level as the parameter set has them; lengths take four bytes.
    Buffer.from([1, ...sps.subarray(1, 4), 0xff, 0xe1]),
    u16(sps.length),
    sps,
    Buffer.from([1]),
    u16(pps.length),
    pps,
  );
  return box(
    'avc1',
    Buffer.alloc(6),
    u16(1),
    Buffer.alloc(16),
    u16(width, height),
    u32(DPI, DPI, 0),
    u16(1),
    Buffer.alloc(32),
    u16(0x0018, 0xffff),
    configuration,
  );
}

function box(name: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(body.length + 8), Buffer.from(name, 'latin1'), body]);
}

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(value, index * 2));
  return bytes;
}
