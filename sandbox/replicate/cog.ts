/**
 * A model as the API tells it, with schemas in Cog's shape: enums as `allOf` of a `$ref` without a `type`,
 * `x-order` on every input, `required` only where something is.
 */

/** One input as Cog writes it, and what may stand inside one (`anyOf`, `items`). */
export interface InputSchema {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null';
  allOf?: { $ref: string }[];
  anyOf?: InputSchema[];
  enum?: unknown[];
  items?: InputSchema;
  title?: string;
  description?: string;
  default?: unknown;
  nullable?: boolean;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  format?: string;
  deprecated?: boolean;
  writeOnly?: boolean;
  'x-cog-secret'?: boolean;
}

export interface InputProperty extends InputSchema {
  'x-order': number;
}

export interface EnumSchema {
  enum: unknown[];
  type: 'string' | 'integer';
  title: string;
  description: string;
}

/** What a version of a model decides. */
export interface Shape {
  versionId: string;
  versionCreatedAt: string;
  input: {
    type: 'object';
    title: 'Input';
    required?: string[];
    additionalProperties?: false;
    properties: Record<string, InputProperty>;
  };
  /** By the name that `$ref` uses. */
  enums: Record<string, EnumSchema>;
}

export interface SandboxModel extends Shape {
  owner: string;
  name: string;
  description: string;
  /** Official models are called by name and hide their version; others need the version. */
  isOfficial: boolean;
  /** What its files are. */
  media: 'image' | 'video';
  /** One URL as a string, a list of them, or an object of such a list and a text. */
  output: 'string' | 'array' | 'object';
  /** Steps that its log counts, or null for a model that tells no percentage. */
  defaultSteps: number | null;
  runCount: number;
  /** Slugs. */
  collections: readonly string[];
  createdAt: string;
}

const REFERENCE = '#/components/schemas/';

/** `owner/name`. */
export function nameOf(model: SandboxModel): string {
  return `${model.owner}/${model.name}`;
}

export function referTo(name: string): { $ref: string }[] {
  return [{ $ref: `${REFERENCE}${name}` }];
}

/** The schema that a reference leads to, or the schema itself. */
export function followReference(model: SandboxModel, schema: InputSchema): InputSchema {
  const reference = schema.allOf?.[0]?.$ref;
  return (reference === undefined ? undefined : model.enums[reference.slice(REFERENCE.length)]) ?? schema;
}

/** The `openapi_schema` of a version. */
export function openapiSchemaOf(model: SandboxModel): Record<string, unknown> {
  return {
    openapi: '3.0.2',
    info: { title: 'Cog', version: '0.1.0' },
    paths: {},
    components: { schemas: { Input: model.input, Output: outputSchemaOf(model), ...model.enums } },
  };
}

function outputSchemaOf({ output }: SandboxModel): Record<string, unknown> {
  const uri = { type: 'string', format: 'uri' };
  const list = { type: 'array', items: uri };
  if (output === 'string') return { ...uri, title: 'Output' };
  if (output === 'array') return { ...list, title: 'Output' };
  const properties = { images: { ...list, title: 'Images' }, payload: { type: 'string', title: 'Payload' } };
  return { type: 'object', title: 'Output', required: ['images', 'payload'], properties };
}

/** The API's model object. */
export function presentModel(model: SandboxModel): Record<string, unknown> {
  return {
    url: `https://replicate.com/${nameOf(model)}`,
    owner: model.owner,
    name: model.name,
    description: model.description,
    visibility: 'public',
    is_official: model.isOfficial,
    github_url: null,
    paper_url: null,
    license_url: null,
    run_count: model.runCount,
    cover_image_url: null,
    default_example: null,
    latest_version: presentVersion(model),
  };
}

/** The API's version object. */
export function presentVersion(model: SandboxModel): Record<string, unknown> {
  return {
    id: model.versionId,
    created_at: model.versionCreatedAt,
    cog_version: '0.16.9',
    openapi_schema: openapiSchemaOf(model),
  };
}
