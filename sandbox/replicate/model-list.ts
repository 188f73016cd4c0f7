/** GET /models, a page at a time, and the search through them. */
import { nameOf, presentModel, type SandboxModel } from './cog.ts';
import { badRequest, Problem } from './problem.ts';

/** Replicate gives 25; fewer here, so that these few models have pages too. */
const PAGE_LENGTH = 8;

const SORTS: Record<string, (model: SandboxModel) => string> = {
  model_created_at: (model) => model.createdAt,
  latest_version_created_at: (model) => model.versionCreatedAt,
};

export interface ModelPage {
  next: string | null;
  previous: string | null;
  results: Record<string, unknown>[];
}

/** `url` ends in /v1. Throws Problem 400 for a sorting or a cursor that is none. */
export function pageOfModels(models: SandboxModel[], query: Record<string, string>, url: string): ModelPage {
  const { sort_by: sortBy = 'latest_version_created_at', sort_direction: direction = 'desc' } = query;
  const keyOf = Object.hasOwn(SORTS, sortBy) ? SORTS[sortBy] : undefined;
  if (keyOf === undefined) throw refuseChoice('sort_by', Object.keys(SORTS), sortBy);
  if (direction !== 'asc' && direction !== 'desc') throw refuseChoice('sort_direction', ['asc', 'desc'], direction);
  const ascending = models.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const sorted = direction === 'asc' ? ascending : ascending.toReversed();
  const start = readCursor(query.cursor, sorted.length);
  const addressOf = (place: number): string => {
    const cursor = Buffer.from(`p${place}`).toString('base64url');
    return `${url}/models?${new URLSearchParams({ ...query, cursor }).toString()}`;
  };
  return {
    next: start + PAGE_LENGTH < sorted.length ? addressOf(start + PAGE_LENGTH) : null,
    previous: start > 0 ? addressOf(Math.max(0, start - PAGE_LENGTH)) : null,
    results: sorted.slice(start, start + PAGE_LENGTH).map(presentModel),
  };
}

/**
 * Those whose name or description has every word of `text`, the most used first, on one page. Marks do not count:
 * the real client sends the words in quotes.
 */
export function searchModels(models: SandboxModel[], text: string): ModelPage {
  const words = text.toLowerCase().match(/[\p{L}\p{N}.-]+/gu) ?? [];
  const found = models.filter((model) => {
    const about = `${nameOf(model)} ${model.description}`.toLowerCase();
    return words.every((word) => about.includes(word));
  });
  const results = found.toSorted((a, b) => b.runCount - a.runCount).map(presentModel);
  return { next: null, previous: null, results };
}

function readCursor(cursor: string | undefined, length: number): number {
  if (cursor === undefined) return 0;
  const [, digits] = /^p(\d+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (digits === undefined || Number(digits) >= length) {
    throw new Problem(badRequest('Invalid cursor: follow `next` or `previous` of an earlier page.'));
  }
  return Number(digits);
}

function refuseChoice(name: string, choices: string[], given: string): Problem {
  return new Problem(badRequest(`Invalid ${name}: expected ${choices.join(' or ')}, got ${given}.`));
}
