/** Turns a short text about a model into the shape in which Cog writes it. */
import { createHash } from 'node:crypto';
import { referTo, type EnumSchema, type InputProperty, type InputSchema } from './cog.ts';
import type { SandboxModel, Shape } from './cog.ts';

export interface ModelText {
  /** `owner/name`. */
  name: string;
  description: string;
  /** Default true. */
  isOfficial?: boolean;
  /** Left out where the schema has no `required` at all. */
  required?: string[];
  /** Inputs in the author's order. An `enum` is moved to a schema of its own, as Cog does. */
  inputs: Record<string, InputSchema>;
  /** Inputs whose `enum` stays where it is: a few schemas have it so. */
  inlineEnums?: string[];
  /** Whether inputs beside these are refused; default false. */
  isClosed?: boolean;
  /** Default `image`. */
  media?: 'image' | 'video';
  output: SandboxModel['output'];
  /** Default null. */
  defaultSteps?: number;
  runCount: number;
  collections: readonly string[];
  /** ISO 8601. */
  createdAt: string;
}

export function buildModel(text: ModelText): SandboxModel {
  const [owner = '', name = ''] = text.name.split('/');
  return {
    owner,
    name,
    description: text.description,
    isOfficial: text.isOfficial ?? true,
    media: text.media ?? 'image',
    output: text.output,
    defaultSteps: text.defaultSteps ?? null,
    runCount: text.runCount,
    collections: text.collections,
    createdAt: text.createdAt,
    ...buildShape(text, text.createdAt, text.name),
  };
}

type ShapeText = Pick<ModelText, 'inputs' | 'required' | 'inlineEnums' | 'isClosed'>;

/** `seed` decides the id of the version. */
export function buildShape(text: ShapeText, versionCreatedAt: string, seed: string): Shape {
  const enums: Record<string, EnumSchema> = {};
  const built = Object.entries(text.inputs).map(([key, schema], order): [string, InputProperty] => {
    const { enum: choices, type: _type, ...rest } = schema;
    if (choices === undefined || text.inlineEnums?.includes(key) === true) {
      return [key, { title: titleOf(key), ...schema, 'x-order': order }];
    }
    const type = typeof choices[0] === 'number' ? 'integer' : 'string';
    enums[key] = { enum: choices, type, title: key, description: 'An enumeration.' };
    return [key, { allOf: referTo(key), ...rest, 'x-order': order }];
  });
  return {
    versionId: createHash('sha256').update(seed).digest('hex'),
    versionCreatedAt,
    input: {
      type: 'object',
      title: 'Input',
      ...(text.required === undefined ? {} : { required: text.required }),
      ...(text.isClosed === true ? { additionalProperties: false } : {}),
      // The API tells inputs by the alphabet; only `x-order` keeps the author's order.
      properties: Object.fromEntries(built.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
    enums,
  };
}

function titleOf(key: string): string {
  return key
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}
