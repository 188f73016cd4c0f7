/** Which inputs a create was refused for, read from `invalid_fields` of a 422. */

/** One refused input and the rule it broke, as Replicate's validator names them. */
export interface RefusedField {
  /** `enum`, `required`, `number_lte`, `number_gte`, `additional_property_not_allowed`, `invalid_type`, and others. */
  type: string;
  /** The input's own name: `aspect_ratio`. */
  name: string;
  /** The values the rule allows, where it lists them; else null. */
  choices: readonly (string | number)[] | null;
  /** The bound that was passed, where there is one; else null. */
  limit: number | null;
}

/** Longest text of a refusal that a user is shown. */
const LONGEST_FIELDS = 300;
/** `foo is required`, `Additional property foo is not allowed`: the path names what the input is missing from. */
const NAMED_IN_WORDS = /^Additional property (\S+) is not allowed|^(\S+) is required/i;

/** Those of the model's input; a refused property of the body itself is none. */
export function readRefused(body: Record<string, unknown> | null): RefusedField[] {
  return entriesOf(body).flatMap(({ type, path, description }) => {
    const [root, inner] = path.split('.');
    const [, extra, missing] = NAMED_IN_WORDS.exec(description) ?? [];
    const name = inner ?? extra ?? missing;
    if (root !== 'input' || name === undefined) return [];
    return [{ type, name, choices: readChoices(description), limit: readLimit(description) }];
  });
}

/** `aspect_ratio must be one of the following: "1:1", "16:9"`; several are joined. Empty when none is named. */
export function describeRefused(body: Record<string, unknown> | null): string {
  const sentences = entriesOf(body).map(({ path, description }) => {
    const name = path.replace(/^input\.?/, '');
    return name === '' || description.startsWith(name) ? description : `${name}: ${description}`;
  });
  return toSentence(sentences.join('; '));
}

/** One line without addresses, embedded files and a closing full stop, short enough for a card. */
export function toSentence(text: string): string {
  const line = text
    .replace(/\w+:\/\/\S+|\bdata:\S+/g, '…')
    .replace(/\s+/g, ' ')
    .replace(/[\s.]+$/, '')
    .trimStart();
  return line.length <= LONGEST_FIELDS ? line : `${line.slice(0, LONGEST_FIELDS - 1)}…`;
}

function entriesOf(body: Record<string, unknown> | null): { type: string; path: string; description: string }[] {
  const fields: unknown[] = Array.isArray(body?.invalid_fields) ? body.invalid_fields : [];
  return fields.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { type, field, description } = entry as Record<string, unknown>;
    if (typeof description !== 'string') return [];
    return [{ type: typeof type === 'string' ? type : '', path: typeof field === 'string' ? field : '', description }];
  });
}

/** The values behind `must be one of the following:`, which are written as in JSON. */
function readChoices(description: string): (string | number)[] | null {
  const list = /must be one of the following:\s*(.+)$/is.exec(description)?.[1];
  if (list === undefined) return null;
  try {
    const choices = JSON.parse(`[${list.replace(/[\s.]+$/, '')}]`) as unknown[];
    return choices.filter((choice) => typeof choice === 'string' || typeof choice === 'number');
  } catch {
    return null;
  }
}

function readLimit(description: string): number | null {
  const limit = /(?:greater|less) than or equal to (-?\d+(?:\.\d+)?)/i.exec(description)?.[1];
  return limit === undefined ? null : Number(limit);
}
