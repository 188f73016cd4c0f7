/** GET /predictions: newest first, a hundred a page, with addresses of the pages beside it. */
import type { Prediction } from './prediction.ts';
import { badRequest, Problem } from './problem.ts';

const PAGE_LENGTH = 100;

export interface Page {
  /** The older page, or null. */
  next: string | null;
  /** The newer page, or null. */
  previous: string | null;
  results: Prediction[];
}

/** `predictions` are all that the list knows, oldest first; `url` ends in /v1. */
export function pageOf(predictions: readonly Prediction[], query: Record<string, string>, url: string): Page {
  const after = readTime(query, 'created_after') ?? -Infinity;
  const before = readTime(query, 'created_before') ?? Infinity;
  const fits = (prediction: Prediction): boolean => prediction.createdAt >= after && prediction.createdAt < before;
  // `source=web` asks for those made on the website: none here.
  const found = query.source === 'web' ? [] : predictions.filter(fits).toReversed();
  const start = startOf(found, query.cursor);
  const results = found.slice(start, start + PAGE_LENGTH);
  const first = results[0];
  const last = results.at(-1);
  return {
    next: last !== undefined && start + PAGE_LENGTH < found.length ? addressOf(url, query, `o${last.id}`) : null,
    previous: first !== undefined && start > 0 ? addressOf(url, query, `n${first.id}`) : null,
    results,
  };
}

/** A cursor names the neighbour: `o` and an id for what is older than it, `n` for what is newer; so new predictions shift nothing. */
function startOf(found: readonly Prediction[], cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const text = Buffer.from(cursor, 'base64url').toString();
  const place = found.findIndex((prediction) => prediction.id === text.slice(1));
  if (place === -1 || !/^[on]/.test(text))
    throw new Problem(badRequest('Invalid cursor: follow `next` or `previous` of an earlier page.'));
  return text.startsWith('o') ? place + 1 : Math.max(0, place - PAGE_LENGTH);
}

function addressOf(url: string, query: Record<string, string>, cursor: string): string {
  const parameters = new URLSearchParams({ ...query, cursor: Buffer.from(cursor).toString('base64url') });
  return `${url}/predictions?${parameters.toString()}`;
}

function readTime(query: Record<string, string>, name: string): number | null {
  const text = query[name];
  if (text === undefined) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new Problem(badRequest(`Invalid ${name}: expected an ISO 8601 date-time, got ${text}.`));
  return time;
}
