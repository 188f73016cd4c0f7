interface Size {
  width: number;
  height: number;
}

/** Width and height out of a file's own header; undefined where it is no PNG, GIF, JPEG, WebP or MP4. */
export function readMediaSize(bytes: Buffer): Size | undefined {
  if (bytes.length >= 24 && bytes.toString('latin1', 1, 4) === 'PNG') {
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  }
  if (bytes.length >= 10 && bytes.toString('latin1', 0, 3) === 'GIF') {
    return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  }
  if (bytes.length >= 30 && bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') {
    return readWebpSize(bytes);
  }
  if (bytes.length >= 8 && bytes.toString('latin1', 4, 8) === 'ftyp') return readMp4Size(bytes);
  return bytes.length >= 4 && bytes.readUInt16BE(0) === 0xffd8 ? readJpegSize(bytes) : undefined;
}

/** Of the first track that is seen: the last eight bytes of its header (ISO 14496-12, 8.3.2), in 65536ths of a pixel. */
function readMp4Size(bytes: Buffer): Size | undefined {
  const tracks = listBoxes(bytes)
    .filter(({ type }) => type === 'moov')
    .flatMap(({ content }) => listBoxes(content))
    .filter(({ type }) => type === 'trak');
  const sizes = tracks.map(({ content }) => {
    const header = listBoxes(content).find(({ type }) => type === 'tkhd')?.content;
    if (header === undefined || header.length < 84) return { width: 0, height: 0 };
    const end = header.length;
    return { width: header.readUInt32BE(end - 8) >>> 16, height: header.readUInt32BE(end - 4) >>> 16 };
  });
  return sizes.find(({ width, height }) => width > 0 && height > 0);
}

/** The boxes one after the other; what does not fit ends the list. */
function listBoxes(bytes: Buffer): { type: string; content: Buffer }[] {
  const boxes: { type: string; content: Buffer }[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    // 0: to the end; 1: a length of eight bytes, which no file of ours needs.
    const end = length === 0 ? bytes.length : at + length;
    if (length === 1 || end < at + 8 || end > bytes.length) break;
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), content: bytes.subarray(at + 8, end) });
    at = end;
  }
  return boxes;
}

function readWebpSize(bytes: Buffer): Size | undefined {
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

/** The size stands in the first start-of-frame segment (C0 to CF without the tables C4, C8 and CC). */
function readJpegSize(bytes: Buffer): Size | undefined {
  let offset = 2;
  while (offset + 9 < bytes.length && bytes[offset] === 0xff) {
    const marker = bytes[offset + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { width: bytes.readUInt16BE(offset + 7), height: bytes.readUInt16BE(offset + 5) };
    offset += 2 + bytes.readUInt16BE(offset + 2);
  }
  return undefined;
}
