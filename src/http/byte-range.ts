/** The part of a file that a request asks for (RFC 9110, section 14): players of videos ask for parts. */

/** First and last byte, both counted from 0 and both in it. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * `whole`: none was asked for, or in a form that a server may leave aside (several parts, another unit).
 * `unsatisfiable`: nothing of it is in the file.
 */
export function readRange(headers: readonly string[] | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const [header, ...more] = headers ?? [];
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (more.length > 0 || first === undefined || last === undefined || first + last === '') return 'whole';
  // Without a first byte it counts from the end.
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(size - 1, Number(last));
  if (first !== '' && last !== '' && Number(last) < start) return 'whole';
  return start > end ? 'unsatisfiable' : { start, end };
}
