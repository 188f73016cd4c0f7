/** Just enough of H.264 (ITU-T H.264, baseline profile) for frames whose samples are not compressed, and changes to one. */

/** In macroblocks of 16 × 16 pixels. */
export interface MacroblockSize {
  across: number;
  down: number;
}

/** Luma and the two chroma differences, 16 to 235 each: so no run of zeros ever needs an escape. */
export interface Sample {
  light: number;
  blue: number;
  red: number;
}

export interface H264Config {
  sequence: Buffer;
  picture: Buffer;
}

const PROFILE_BASELINE = 66;
/** Both constraints of the constrained baseline profile. */
const CONSTRAINTS = 0xc0;
/** 3.0: uncompressed frames need its bit rate. */
const LEVEL = 30;
const MB_TYPE_I_PCM = 25;
/** In a P slice the types of I come after its own. */
const MB_TYPES_P = 5;
const SLICE_TYPE_ALL_I = 7;
const SLICE_TYPE_ALL_P = 5;
/** Headers: what a unit is, and that others build on it. */
const NAL_SEQUENCE = 0x67;
const NAL_PICTURE = 0x68;
const NAL_WHOLE_FRAME = 0x65;
const NAL_FRAME = 0x61;

/** The parameter sets that go before all frames. */
export function configureH264({ across, down }: MacroblockSize): H264Config {
  const sequence = new BitWriter();
  sequence.put(PROFILE_BASELINE, 8).put(CONSTRAINTS, 8).put(LEVEL, 8);
  // Its id, frame numbers of 4 bits, pictures in order of decoding (type 2), one reference picture, no gaps.
  sequence.putUe(0).putUe(0).putUe(2).putUe(1).put(0, 1);
  // Size, whole frames, direct inference, no cropping, no further information.
  sequence
    .putUe(across - 1)
    .putUe(down - 1)
    .put(0b1100, 4);
  const picture = new BitWriter();
  // Both ids, CAVLC, no field order, one slice group, one reference each way, no weighting.
  picture.putUe(0).putUe(0).put(0b00, 2).putUe(0).putUe(0).putUe(0).put(0b000, 3);
  // Three quantizers left alone; the slice says that nothing is smoothed at edges.
  picture.putUe(0).putUe(0).putUe(0).put(0b100, 3);
  return { sequence: toNal(NAL_SEQUENCE, sequence), picture: toNal(NAL_PICTURE, picture) };
}

/** What is to be seen: the colour at a pixel. Chroma is taken from every second one. */
export type Draw = (x: number, y: number) => Sample;

/** A frame that needs no other. `index` counts frames from 0. */
export function frameH264({ across, down }: MacroblockSize, index: number, draw: Draw): Buffer {
  const slice = new BitWriter();
  // First macroblock, type, parameter set, frame number; neighbouring whole frames must differ in the fifth.
  slice
    .putUe(0)
    .putUe(SLICE_TYPE_ALL_I)
    .putUe(0)
    .put(0, 4)
    .putUe(index % 2);
  // Nothing marked, quantizer as it is, no smoothing at edges.
  slice.put(0b00, 2).putUe(0).putUe(1);
  for (let place = 0; place < across * down; place += 1) {
    slice.putUe(MB_TYPE_I_PCM).align();
    putMacroblock(slice, (place % across) * 16, Math.floor(place / across) * 16, draw);
  }
  return toNal(NAL_WHOLE_FRAME, slice);
}

/** Whether a frame can be shown by itself. */
export function isWhole(frame: Buffer): boolean {
  return frame[0] === NAL_WHOLE_FRAME;
}

/**
 * The frame before it but for the macroblocks that `isChanged` (left, top in pixels). `index` counts from the last
 * whole frame, so it is 1 and up.
 */
export function frameChanges(
  { across, down }: MacroblockSize,
  index: number,
  isChanged: (left: number, top: number) => boolean,
  draw: Draw,
): Buffer {
  const slice = new BitWriter();
  slice
    .putUe(0)
    .putUe(SLICE_TYPE_ALL_P)
    .putUe(0)
    .put(index % 16, 4);
  // References neither counted nor sorted anew, nothing marked; quantizer and edges as above.
  slice.put(0b000, 3).putUe(0).putUe(1);
  let skipped = 0;
  for (let place = 0; place < across * down; place += 1) {
    const [left, top] = [(place % across) * 16, Math.floor(place / across) * 16];
    if (isChanged(left, top)) {
      slice
        .putUe(skipped)
        .putUe(MB_TYPES_P + MB_TYPE_I_PCM)
        .align();
      putMacroblock(slice, left, top, draw);
      skipped = 0;
    } else skipped += 1;
  }
  if (skipped > 0) slice.putUe(skipped);
  return toNal(NAL_FRAME, slice);
}

function putMacroblock(slice: BitWriter, left: number, top: number, draw: Draw): void {
  for (let y = 0; y < 16; y += 1) {
    for (let x = 0; x < 16; x += 1) slice.putByte(toSample(draw(left + x, top + y).light));
  }
  for (const part of ['blue', 'red'] as const) {
    for (let y = 0; y < 16; y += 2) {
      for (let x = 0; x < 16; x += 2) slice.putByte(toSample(draw(left + x, top + y)[part]));
    }
  }
}

function toSample(value: number): number {
  return Math.min(235, Math.max(16, Math.round(value)));
}

/** Ends the bits and puts the escapes in: no three bytes may look like a start code. */
function toNal(header: number, content: BitWriter): Buffer {
  const bytes = [header];
  let zeros = 0;
  for (const byte of content.end()) {
    if (zeros === 2 && byte <= 3) {
      bytes.push(3);
      zeros = 0;
    }
    bytes.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Buffer.from(bytes);
}

class BitWriter {
  readonly #bytes: number[] = [];
  #current = 0;
  #filled = 0;

  /** `count` bits, the highest first. */
  put(value: number, count: number): this {
    for (let bit = count - 1; bit >= 0; bit -= 1) {
      this.#current = (this.#current << 1) | ((value >> bit) & 1);
      this.#filled += 1;
      if (this.#filled === 8) this.#flush();
    }
    return this;
  }

  /** Exponential Golomb code: as many zeros as the number plus one has bits behind its first, then that number. */
  putUe(value: number): this {
    const length = 32 - Math.clz32(value + 1);
    return this.put(0, length - 1).put(value + 1, length);
  }

  align(): this {
    return this.#filled === 0 ? this : this.put(0, 8 - this.#filled);
  }

  /** Only where the bits are aligned. */
  putByte(byte: number): void {
    this.#bytes.push(byte);
  }

  end(): number[] {
    this.put(1, 1).align();
    return this.#bytes;
  }

  #flush(): void {
    this.#bytes.push(this.#current);
    this.#current = 0;
    this.#filled = 0;
  }
}
