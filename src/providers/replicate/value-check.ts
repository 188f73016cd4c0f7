/** Checks values against a model's inputs, with ajv. Compiled once for each schema that was read. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { InputField, InputFields } from './schema.ts';

export interface Rejection {
  field: string;
  /** In words: the values, the range or the type. */
  allowed: string;
}

export type CheckedValues = { values: Record<string, unknown>; rejection: null } | { rejection: Rejection };

const compiled = new WeakMap<InputFields, ValidateFunction>();
const MOST_CHOICES_NAMED = 20;
const LONGEST_ALLOWED = 160;
const TYPE_WORDS: Readonly<Record<InputField['type'], string>> = {
  text: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  file: 'the https address of a file',
  files: 'https addresses of files',
  other: 'another value',
};

/** Texts become the numbers and truths that the schema asks for. Fields the schema does not tell about pass as they are. */
export function checkValues(values: Readonly<Record<string, unknown>>, fields: InputFields): CheckedValues {
  const validate = compiled.get(fields) ?? compile(fields);
  compiled.set(fields, validate);
  // Coercion writes into what it is given.
  const coerced = { ...values };
  if (validate(coerced)) return { values: coerced, rejection: null };
  const [error] = validate.errors ?? [];
  const name = error?.instancePath.split('/')[1] ?? '';
  const field = fields.get(name);
  return { rejection: { field: name, allowed: field === undefined ? '' : allowedWords(field, error) } };
}

/** `4 to 12`; null without bounds. */
export function rangeWords({ minimum, maximum }: Pick<InputField, 'minimum' | 'maximum'>): string | null {
  if (minimum !== null && maximum !== null) return `${minimum} to ${maximum}`;
  if (minimum !== null) return `${minimum} or more`;
  return maximum === null ? null : `${maximum} or less`;
}

function compile(fields: InputFields): ValidateFunction {
  // One of its own: a shared one would keep every schema it ever saw.
  const ajv = new Ajv({ coerceTypes: true, strict: false, strictNumbers: true, validateSchema: false, meta: false });
  const properties = Object.fromEntries([...fields].map(([name, field]) => [name, toJsonSchema(field)]));
  return ajv.compile({ type: 'object', properties });
}

/** Only what was read and bounded before: never a pattern or a reference of a stranger's. */
function toJsonSchema(field: InputField): object {
  const { type, choices, minimum, maximum, mostItems } = field;
  const listed = choices === null ? {} : { enum: choices };
  switch (type) {
    case 'text':
    case 'boolean':
      return { type: type === 'text' ? 'string' : type, ...listed };
    case 'integer':
    case 'number':
      return { type, ...listed, ...(minimum === null ? {} : { minimum }), ...(maximum === null ? {} : { maximum }) };
    case 'file':
      return { type: 'string' };
    case 'files':
      return { type: 'array', items: { type: 'string' }, ...(mostItems === null ? {} : { maxItems: mostItems }) };
    default:
      return listed;
  }
}

function allowedWords(field: InputField, error: ErrorObject | undefined): string {
  if (field.choices !== null) return choiceWords(field.choices);
  const range = rangeWords(field);
  if (error?.keyword === 'maxItems') return `at most ${field.mostItems ?? 1}`;
  if (error?.keyword !== 'type') return range ?? TYPE_WORDS[field.type];
  return range === null ? TYPE_WORDS[field.type] : `${TYPE_WORDS[field.type]}, ${range}`;
}

/** As many as fit in a sentence. */
function choiceWords(choices: readonly (string | number)[]): string {
  const named: string[] = [];
  for (const choice of choices.slice(0, MOST_CHOICES_NAMED).map(String)) {
    if ([...named, choice].join(', ').length > LONGEST_ALLOWED) break;
    named.push(choice);
  }
  const left = choices.length - named.length;
  return left === 0 ? named.join(', ') : [...named, `${left} more`].join(', ');
}
