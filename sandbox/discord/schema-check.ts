/** Holds a body against one of Discord's published schemas and says what is wrong the way Discord does. */
import type { ZodMiniType } from 'zod/mini';
import type { FormIssue, FormPath } from './errors.ts';

/** An issue of zod 4, as far as it is read here. */
interface SchemaIssue {
  code?: string | undefined;
  path: PropertyKey[];
  expected?: string;
  origin?: string;
  minimum?: number | bigint;
  maximum?: number | bigint;
  format?: string;
  values?: unknown[];
  errors?: SchemaIssue[][];
}

/** `prefix` goes before every path, for a schema that describes a part of the body. */
export function findIssues(schema: ZodMiniType, body: unknown, prefix: FormPath = []): FormIssue[] {
  const result = schema.safeParse(body);
  if (result.success) return [];
  return result.error.issues.flatMap((issue) => translate(issue as SchemaIssue, body, prefix));
}

function translate(issue: SchemaIssue, body: unknown, prefix: FormPath): FormIssue[] {
  const own = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  const path = [...prefix, ...own];
  const value = valueAt(body, own);
  if (value === undefined) return [{ path, code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }];
  switch (issue.code) {
    case 'invalid_union':
      return translateUnion(issue.errors ?? [], value, path);
    case 'invalid_type':
      return [{ path, ...wrongType(issue.expected ?? '', value) }];
    case 'too_big':
    case 'too_small':
      return [{ path, ...wrongSize(issue, value) }];
    case 'invalid_value':
      return [{ path, code: 'BASE_TYPE_CHOICES', message: `Value must be one of {${choices(issue)}}.` }];
    case 'invalid_format':
      return [{ path, ...wrongFormat(issue.format ?? '', value) }];
    default:
      return [{ path, code: 'MODEL_TYPE_CONVERT', message: 'This value is not accepted.' }];
  }
}

/**
 * Of a union only the branch that the value means to be is worth a word: the one whose `type` fits.
 * Where none fits, Discord names the types that would.
 */
function translateUnion(branches: SchemaIssue[][], value: unknown, path: FormPath): FormIssue[] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) {
    const first = branches.find((issues) => issues.length > 0)?.[0];
    const isModel = branches.some((issues) =>
      issues.some((issue) => issue.expected === 'object' && issue.path.length === 0),
    );
    if (isModel || !first) return [{ path, ...wrongType('object', value) }];
    return translate(first, value, path);
  }
  const fitting = branches.filter(
    (issues) => !issues.some((issue) => issue.path.length === 1 && issue.path[0] === 'type'),
  );
  const chosen = fitting.find((issues) => issues.some((issue) => issue.path.length > 0)) ?? fitting[0];
  if (chosen) return chosen.flatMap((issue) => translate(issue, value, path));
  const types = branches.flatMap((issues) =>
    issues.filter((issue) => issue.path[0] === 'type').flatMap((issue) => issue.values ?? []),
  );
  const allowed = [...new Set(types)].map(String).join(', ');
  return [{ path, code: 'UNION_TYPE_CHOICES', message: `Value of field "type" must be one of (${allowed}).` }];
}

function wrongType(expected: string, value: unknown): { code: string; message: string } {
  switch (expected) {
    case 'string':
      return { code: 'BASE_TYPE_BAD_TYPE', message: 'Could not interpret value as string.' };
    case 'number':
    case 'int':
      return { code: 'NUMBER_TYPE_COERCE', message: `Value "${shorten(value)}" is not int.` };
    case 'boolean':
      return { code: 'BOOLEAN_TYPE_CONVERT', message: 'Must be either true or false.' };
    case 'array':
      return { code: 'LIST_TYPE_CONVERT', message: 'Only iterables may be used in a ListType' };
    case 'object':
    case 'record':
      return { code: 'MODEL_TYPE_CONVERT', message: 'Only dictionaries may be used in a ModelType' };
    default:
      return { code: 'BASE_TYPE_BAD_TYPE', message: `Could not interpret value as ${expected}.` };
  }
}

function wrongSize(issue: SchemaIssue, value: unknown): { code: string; message: string } {
  if (typeof value === 'number') {
    return issue.code === 'too_big'
      ? { code: 'NUMBER_TYPE_MAX', message: `int value should be less than or equal to ${issue.maximum}.` }
      : { code: 'NUMBER_TYPE_MIN', message: `int value should be greater than or equal to ${issue.minimum}.` };
  }
  const limit = issue.code === 'too_big' ? `${issue.maximum} or fewer` : `${issue.minimum} or more`;
  return {
    code: issue.code === 'too_big' ? 'BASE_TYPE_MAX_LENGTH' : 'BASE_TYPE_BAD_LENGTH',
    message: `Must be ${limit} in length.`,
  };
}

function wrongFormat(format: string, value: unknown): { code: string; message: string } {
  if (format === 'url') return { code: 'URL_TYPE_INVALID_URL', message: 'Not a well formed URL.' };
  if (format === 'regex') return { code: 'NUMBER_TYPE_COERCE', message: `Value "${shorten(value)}" is not snowflake.` };
  return { code: 'STRING_TYPE_REGEX', message: `String value did not match the format ${format}.` };
}

function choices(issue: SchemaIssue): string {
  return (issue.values ?? []).map(String).join(', ');
}

function shorten(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function valueAt(body: unknown, path: FormPath): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return (value as Record<string | number, unknown>)[key];
  }, body);
}
