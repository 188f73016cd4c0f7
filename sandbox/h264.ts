/** Just enough of H.264 (ITU-T H.264, baseline profile) for still frames whose samples are not compressed. */

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
const SLICE_TYPE_ALL_I = 7;

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
  return { sequence: toNal(0x67, sequence), picture: toNal(0x68, picture) };
}

/** A frame that needs no other. `draw` gives the colour at a pixel; chroma is taken from every second one. */
export function frameH264(
  { across, down }: MacroblockSize,
  index: number,
  draw: (x: number, y: number) => Sample,
): Buffer {
  const slice = new BitWriter();
  // First macroblock, type, parameter set, frame number; neighbouring frames must differ in the fifth.
  slice
    .putUe(0)
    .putUe(SLICE_TYPE_ALL_I)
    .putUe(0)
    .put(0, 4)
    .putUe(index % 2);
  // Nothing marked, quantizer as it is, no smoothing at edges.
  slice.put(0b00, 2).putUe(0).putUe(1);
  for (let row = 0; row < down; row += 1) {
    for (let column = 0; column < across; column += 1) {
      slice.putUe(MB_TYPE_I_PCM).align();
      putMacroblock(slice, column * 16, row * 16, draw);
    }
  }
  return toNal(0x65, slice);
}

function putMacroblock(slice: BitWriter, left: number, top: number, draw: (x: number, y: number) => Sample): void {
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
