/** Reading the lists of models that the API gives: collections and searches. */
import type { Kind } from '../../jobs/job.ts';
import type { ModelEntry } from '../provider.ts';
import { kindOf } from './model-kind.ts';
import { type InputFields, readInputFields } from './schema.ts';

export interface ListedModel extends Omit<ModelEntry, 'isDefault'> {
  /** null: the list does not tell them. */
  fields: InputFields | null;
}

const LONGEST_DESCRIPTION = 300;
const PART = /^[a-z0-9][\w.-]*$/i;

/** The public models of a list; what is none is left out. `kind`: what the list is of, null for a search. */
export function readModels(list: unknown, kind: Kind | null): ListedModel[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { owner, name, description, visibility, latest_version: version } = entry as Record<string, unknown>;
    if (typeof owner !== 'string' || typeof name !== 'string' || !PART.test(owner) || !PART.test(name)) return [];
    // One that never got a version cannot be run.
    if (visibility === 'private' || version === null) return [];
    const schema = typeof version === 'object' && 'openapi_schema' in version ? version.openapi_schema : null;
    const fields = readInputFields(schema);
    const line = typeof description === 'string' ? toLine(description) : '';
    const model = `${owner}/${name}`;
    return [
      {
        name: model,
        description: line,
        kind: kindOf({ name: model, description: line, collectionKind: kind, fields }),
        fields,
      },
    ];
  });
}

/** Those that have every word of the search in their name or description. Keeps the order, but names come first. */
export function matchModels<T extends Pick<ModelEntry, 'name' | 'description'>>(
  models: readonly T[],
  search: string,
): T[] {
  const words = search
    .toLowerCase()
    .split(/[\s/]+/)
    .filter((word) => word !== '');
  const has = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word));
  const named = models.filter(({ name }) => has(name));
  return [...named, ...models.filter((model) => !named.includes(model) && has(`${model.name} ${model.description}`))];
}

function toLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= LONGEST_DESCRIPTION ? line : `${line.slice(0, LONGEST_DESCRIPTION - 1)}…`;
}
