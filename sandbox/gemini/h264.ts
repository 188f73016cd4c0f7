/**
 * H.264 as small as a writer of it can be: every picture stands alone and every block is I_PCM, which is plain
 * samples. No machine needs an encoder for it, and every player reads it. Sections are those of ITU-T H.264.
 */

export interface PlainVideo {
  /** Multiples of 16. */
  width: number;
  height: number;
  /** RGBA, row by row. */
  pictures: Uint8ClampedArray[];
}

export interface EncodedVideo {
  /** Sequence parameter set. */
  sps: Buffer;
  /** Picture parameter set. */
  pps: Buffer;
  /** One NAL unit for each picture. */
  units: Buffer[];
}

const BASELINE_PROFILE = 66;
/** Constrained baseline. */
const CONSTRAINTS = 0xc0;
/** 3.1: far above what clips of 256 by 144 need. */
const LEVEL = 31;
const BLOCK = 16;
/** nal_ref_idc 3 with nal_unit_type 7, 8 and 5 (7.4.1). */
const SPS_UNIT = 0x67;
const PPS_UNIT = 0x68;
const IDR_UNIT = 0x65;
const SLICE_OF_I = 7;
const I_PCM = 25;

export function encodePictures({ width, height, pictures }: PlainVideo): EncodedVideo {
  if (width % BLOCK !== 0 || height % BLOCK !== 0)
    throw new RangeError(`Expected width and height in multiples of ${BLOCK}, got ${width} × ${height}.`);
  return {
    sps: wrapUnit(SPS_UNIT, writeSps(width / BLOCK, height / BLOCK)),
    pps: wrapUnit(PPS_UNIT, writePps()),
    units: pictures.map((rgba, index) => wrapUnit(IDR_UNIT, writeSlice(toPlanes(rgba, width, height), index))),
  };
}

/** Bits from the most significant on. */
class BitWriter {
  readonly #bytes: number[] = [];
  #current = 0;
  #count = 0;

  bits(value: number, length: number): this {
    for (let bit = length - 1; bit >= 0; bit -= 1) {
      this.#current = (this.#current << 1) | ((value >> bit) & 1);
      this.#count += 1;
      if (this.#count === 8) {
        this.#bytes.push(this.#current);
        this.#current = 0;
        this.#count = 0;
      }
    }
    return this;
  }

  /** Exp-Golomb, unsigned (9.1). */
  unsigned(value: number): this {
    const length = Math.floor(Math.log2(value + 1));
    return this.bits(0, length).bits(value + 1, length + 1);
  }

  /** Zeros up to a whole byte. */
  align(): this {
    return this.#count === 0 ? this : this.bits(0, 8 - this.#count);
  }

  samples(samples: Uint8Array): this {
    for (const sample of samples) this.#bytes.push(sample);
    return this;
  }

  /** With the stop bit (7.3.2.11). */
  end(): Uint8Array {
    this.bits(1, 1).align();
    return Uint8Array.from(this.#bytes);
  }
}

/** 7.3.2.1.1 */
function writeSps(blocksAcross: number, blocksDown: number): Uint8Array {
  return new BitWriter()
    .bits(BASELINE_PROFILE, 8)
    .bits(CONSTRAINTS, 8)
    .bits(LEVEL, 8)
    .unsigned(0) // seq_parameter_set_id
    .unsigned(0) // log2_max_frame_num_minus4
    .unsigned(2) // pic_order_cnt_type: in the order they come
    .unsigned(1) // max_num_ref_frames
    .bits(0, 1) // gaps_in_frame_num_value_allowed_flag
    .unsigned(blocksAcross - 1)
    .unsigned(blocksDown - 1)
    .bits(1, 1) // frame_mbs_only_flag
    .bits(1, 1) // direct_8x8_inference_flag
    .bits(0, 1) // frame_cropping_flag
    .bits(0, 1) // vui_parameters_present_flag
    .end();
}

/** 7.3.2.2 */
function writePps(): Uint8Array {
  return new BitWriter()
    .unsigned(0) // pic_parameter_set_id
    .unsigned(0) // seq_parameter_set_id
    .bits(0, 1) // entropy_coding_mode_flag: CAVLC
    .bits(0, 1) // bottom_field_pic_order_in_frame_present_flag
    .unsigned(0) // num_slice_groups_minus1
    .unsigned(0) // num_ref_idx_l0_default_active_minus1
    .unsigned(0) // num_ref_idx_l1_default_active_minus1
    .bits(0, 1) // weighted_pred_flag
    .bits(0, 2) // weighted_bipred_idc
    .unsigned(0) // pic_init_qp_minus26, signed zero
    .unsigned(0) // pic_init_qs_minus26
    .unsigned(0) // chroma_qp_index_offset
    .bits(1, 1) // deblocking_filter_control_present_flag
    .bits(0, 1) // constrained_intra_pred_flag
    .bits(0, 1) // redundant_pic_cnt_present_flag
    .end();
}

interface Planes {
  luma: Uint8Array;
  blue: Uint8Array;
  red: Uint8Array;
  width: number;
  height: number;
}

/** 7.3.3 to 7.3.5. Pictures that follow each other must differ in idr_pic_id. */
function writeSlice({ luma, blue, red, width, height }: Planes, index: number): Uint8Array {
  const writer = new BitWriter()
    .unsigned(0) // first_mb_in_slice
    .unsigned(SLICE_OF_I)
    .unsigned(0) // pic_parameter_set_id
    .bits(0, 4) // frame_num
    .unsigned(index % 2) // idr_pic_id
    .bits(0, 1) // no_output_of_prior_pics_flag
    .bits(0, 1) // long_term_reference_flag
    .unsigned(0) // slice_qp_delta
    .unsigned(1); // disable_deblocking_filter_idc: off
  for (let top = 0; top < height; top += BLOCK) {
    for (let left = 0; left < width; left += BLOCK) {
      writer
        .unsigned(I_PCM)
        .align()
        .samples(cutBlock(luma, { left, top, stride: width, size: BLOCK }))
        .samples(cutBlock(blue, { left: left / 2, top: top / 2, stride: width / 2, size: BLOCK / 2 }))
        .samples(cutBlock(red, { left: left / 2, top: top / 2, stride: width / 2, size: BLOCK / 2 }));
    }
  }
  return writer.end();
}

interface Cut {
  left: number;
  top: number;
  stride: number;
  size: number;
}

function cutBlock(plane: Uint8Array, { left, top, stride, size }: Cut): Uint8Array {
  const block = new Uint8Array(size * size);
  for (let row = 0; row < size; row += 1) {
    const start = (top + row) * stride + left;
    block.set(plane.subarray(start, start + size), row * size);
  }
  return block;
}

/** BT.601 in studio range, with one pair of colours for each four pixels. */
function toPlanes(rgba: Uint8ClampedArray, width: number, height: number): Planes {
  const luma = new Uint8Array(width * height);
  const blue = new Uint8Array((width * height) / 4);
  const red = new Uint8Array((width * height) / 4);
  for (let pixel = 0; pixel < luma.length; pixel += 1) {
    const [r = 0, g = 0, b = 0] = rgba.subarray(pixel * 4, pixel * 4 + 3);
    luma[pixel] = 16 + 0.257 * r + 0.504 * g + 0.098 * b;
    const row = Math.floor(pixel / width);
    const column = pixel % width;
    if (row % 2 !== 0 || column % 2 !== 0) continue;
    const colour = (row / 2) * (width / 2) + column / 2;
    blue[colour] = 128 - 0.148 * r - 0.291 * g + 0.439 * b;
    red[colour] = 128 + 0.439 * r - 0.368 * g - 0.071 * b;
  }
  return { luma, blue, red, width, height };
}

/** A NAL unit: its header, and its bytes with a 3 after any two zeros that could be taken for a start code (7.4.1.1). */
function wrapUnit(header: number, payload: Uint8Array): Buffer {
  const bytes = [header];
  let zeros = 0;
  for (const byte of payload) {
    if (zeros === 2 && byte <= 3) {
      bytes.push(3);
      zeros = 0;
    }
    bytes.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Buffer.from(bytes);
}
