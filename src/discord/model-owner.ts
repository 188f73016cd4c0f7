/** Whose model it is that somebody typed. */
import type { Kind } from '../jobs/job.ts';
import type { Provider } from '../providers/provider.ts';

/** Where a request goes that names no service. */
export type OwnerOf = (model: string | null, kind: Kind) => string;

/** The service that lists the model, else the usual one for its kind. */
export function chooseOwner(
  providers: ReadonlyMap<string, Provider>,
  defaultProviders: Readonly<Record<Kind, string>>,
): OwnerOf {
  return (model, kind) => {
    if (model === null) return defaultProviders[kind];
    const makers = [...providers.values()].filter(({ kinds }) => kinds.includes(kind)).map(({ name }) => name);
    return findModelOwner({ providers, model, among: [defaultProviders[kind], ...makers] }).name;
  };
}

/** Models of one name and its like: more than any service has. */
const MOST_LOOKED_AT = 100;

export interface ModelQuestion {
  providers: ReadonlyMap<string, Provider>;
  model: string;
  /** The services to ask, in this order. */
  among: readonly string[];
}

/**
 * The first service that lists the model, and what the model makes; `kind` null: nobody lists it, and then it is
 * looked for at the first of them that has models at all. Answered from memory.
 */
export function findModelOwner({ providers, model, among }: ModelQuestion): { name: string; kind: Kind | null } {
  for (const name of among) {
    const known = providers.get(name)?.catalog?.knownModels({ kind: null, search: model, limit: MOST_LOOKED_AT }) ?? [];
    const entry = known.find((each) => each.name === model);
    if (entry !== undefined) return { name, kind: entry.kind };
  }
  return { name: among.find((name) => providers.get(name)?.catalog != null) ?? among[0] ?? '', kind: null };
}
