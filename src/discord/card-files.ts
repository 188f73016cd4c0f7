/** What one card has learnt of its files: which stand on its message, which cannot be shown, how much Discord takes. */
import type { APIAttachment } from 'discord-api-types/v10';
import type { Asset } from '../jobs/job.ts';
import { formKey, type Form, type Ladder, type Rung } from './shown-files.ts';

/** The ids of the files on a message, by their names; null: nobody knows. */
export type Standing = ReadonlyMap<string, string> | null;

/** A file could not be read, or no smaller picture be made of it: the card is to be drawn without. */
export class FileUnusable extends Error {
  override name = 'FileUnusable';
  readonly key: string;

  constructor(form: Form, asset: Asset, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.key = formKey(form, asset);
  }
}

const BELOW: Readonly<Record<Rung, Rung | null>> = { original: 'preview', preview: 'words', words: null };

export class CardFiles {
  #most: Rung = 'original';
  readonly #unusable = new Set<string>();
  standing: Standing = null;

  get ladder(): Pick<Ladder, 'most' | 'unusable'> {
    return { most: this.#most, unusable: this.#unusable };
  }

  /** Perhaps because the job was removed, and its files with it. */
  get hasLostSome(): boolean {
    return this.#unusable.size > 0;
  }

  /** Discord found it too large. False: there is no smaller form left. */
  stepDown(): boolean {
    const next = BELOW[this.#most];
    if (next !== null) this.#most = next;
    return next !== null;
  }

  giveUp({ key }: FileUnusable): void {
    this.#unusable.add(key);
  }
}

export function readStanding(attachments: readonly APIAttachment[]): Standing {
  return new Map(attachments.map(({ id, filename }) => [filename, id]));
}

/** What an edit says of the message's files, and which of them it carries: those that do not stand there yet. */
export function planUpload<File extends { name: string; description: string }>(
  files: readonly File[],
  standing: Standing,
): { attachments: object[] | undefined; added: File[] } {
  const added = files.filter(({ name }) => standing?.has(name) !== true);
  // Left out, all that stand there stay (Discord: "Edit Message"); listed, only those that are.
  const isSame = standing !== null && added.length === 0 && standing.size === files.length;
  if (isSame) return { attachments: undefined, added };
  const kept = files.flatMap(({ name }) => standing?.get(name) ?? []).map((id) => ({ id }));
  const news = added.map(({ name, description }, id) => ({ id, filename: name, description }));
  return { attachments: [...kept, ...news], added };
}
