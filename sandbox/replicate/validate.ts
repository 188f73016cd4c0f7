/** Checks bodies and inputs as Replicate does, with the words of its validator (gojsonschema). */
import { followReference, type InputSchema, type SandboxModel } from './cog.ts';
import type { InvalidField } from './problem.ts';

/** Body properties of POST /predictions by Replicate's OpenAPI file, which allows no others. */
const BODY_TYPES: Record<string, string> = {
  input: 'object',
  stream: 'boolean',
  version: 'string',
  webhook: 'string',
  webhook_events_filter: 'array',
};

const EVENTS = ['start', 'output', 'logs', 'completed'];

/** `needsVersion` is false on the route that carries the model in its path; `version` is then refused as well. */
export function validateBody(body: unknown, needsVersion: boolean): InvalidField[] {
  if (!isObject(body)) return [wrongType('', 'object', body)];
  const required = needsVersion ? ['version', 'input'] : ['input'];
  const missing = required.filter((name) => !(name in body)).map((name) => requiredField('', name));
  const wrong = Object.entries(body).flatMap(([name, value]): InvalidField[] => {
    const expected = name === 'version' && !needsVersion ? undefined : BODY_TYPES[name];
    if (expected === undefined) return [additionalProperty('', name)];
    return typeName(value) === expected ? [] : [wrongType(name, expected, value)];
  });
  return [...missing, ...wrong, ...validateWebhook(body)];
}

function validateWebhook({ webhook, webhook_events_filter: events }: Record<string, unknown>): InvalidField[] {
  const wrongEvents = (Array.isArray(events) ? events : []).flatMap((event: unknown, index): InvalidField[] => {
    if (EVENTS.some((known) => known === event)) return [];
    const field = `webhook_events_filter.${index}`;
    return [{ type: 'enum', field, description: describeChoices(field, EVENTS) }];
  });
  if (typeof webhook !== 'string' || isWebhookUrl(webhook)) return wrongEvents;
  const description = URL.canParse(webhook) ? 'Must be an HTTPS URL' : "Does not match format 'uri'";
  return [{ type: 'format', field: 'webhook', description }, ...wrongEvents];
}

/** HTTPS only, as Replicate; and plain HTTP to this machine, because that is where a sandbox has its listeners. */
function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isThisMachine(url));
}

/** Whether an address is one of this machine's loopback addresses. */
export function isThisMachine({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** An input the schema does not name is let through and has no effect, unless the schema is closed. */
export function validateInput(model: SandboxModel, input: Record<string, unknown>): InvalidField[] {
  const { required = [], properties, additionalProperties } = model.input;
  const missing = required.filter((name) => !(name in input)).map((name) => requiredField('input', name));
  const wrong = Object.entries(input).flatMap(([name, value]): InvalidField[] => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property !== undefined) return validateValue(model, `input.${name}`, property, value);
    return additionalProperties === false ? [additionalProperty('input', name)] : [];
  });
  return [...missing, ...wrong];
}

function validateValue(model: SandboxModel, field: string, schema: InputSchema, value: unknown): InvalidField[] {
  if (schema.nullable === true && value === null) return [];
  if (schema.anyOf !== undefined) return validateAny(model, field, schema.anyOf, value);
  const { type, enum: choices } = followReference(model, schema);
  const given = typeName(value);
  if (type !== undefined && given !== type && !(type === 'number' && given === 'integer')) {
    return [wrongType(field, type, value)];
  }
  if (choices !== undefined && !choices.includes(value)) {
    const name = field.slice(field.lastIndexOf('.') + 1);
    return [{ type: 'enum', field, description: describeChoices(name, choices) }];
  }
  if (typeof value === 'string') return validateText(field, schema, value);
  if (typeof value === 'number') return validateNumber(field, schema, value);
  return Array.isArray(value) ? validateList(model, field, schema, value) : [];
}

/** The branch that comes nearest tells what is wrong, as gojsonschema does beside its own "anyOf" line. */
function validateAny(model: SandboxModel, field: string, branches: InputSchema[], value: unknown): InvalidField[] {
  const tries = branches.map((branch) => validateValue(model, field, branch, value));
  if (tries.some((found) => found.length === 0)) return [];
  const nearest = tries.find((found) => found.every(({ type }) => type !== 'invalid_type')) ?? tries[0] ?? [];
  return [{ type: 'number_any_of', field, description: 'Must validate at least one schema (anyOf)' }, ...nearest];
}

function validateText(field: string, { format, minLength, maxLength }: InputSchema, value: string): InvalidField[] {
  if (format === 'uri' && !URL.canParse(value)) {
    return [{ type: 'format', field, description: "Does not match format 'uri'" }];
  }
  if (minLength !== undefined && value.length < minLength) {
    return [{ type: 'string_gte', field, description: `String length must be greater than or equal to ${minLength}` }];
  }
  if (maxLength !== undefined && value.length > maxLength) {
    return [{ type: 'string_lte', field, description: `String length must be less than or equal to ${maxLength}` }];
  }
  return [];
}

function validateNumber(field: string, { minimum, maximum }: InputSchema, value: number): InvalidField[] {
  if (minimum !== undefined && value < minimum) {
    return [{ type: 'number_gte', field, description: `Must be greater than or equal to ${minimum}` }];
  }
  if (maximum !== undefined && value > maximum) {
    return [{ type: 'number_lte', field, description: `Must be less than or equal to ${maximum}` }];
  }
  return [];
}

function validateList(model: SandboxModel, field: string, schema: InputSchema, list: unknown[]): InvalidField[] {
  const { maxItems, items = {} } = schema;
  const wrong = list.flatMap((item, index) => validateValue(model, `${field}.${index}`, items, item));
  if (maxItems === undefined || list.length <= maxItems) return wrong;
  return [{ type: 'array_max_items', field, description: `Array must have at most ${maxItems} items` }, ...wrong];
}

/** `aspect_ratio must be one of the following: "1:1", "16:9"`. */
export function describeChoices(name: string, choices: readonly unknown[]): string {
  return `${name} must be one of the following: ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`;
}

function additionalProperty(field: string, name: string): InvalidField {
  const description = `Additional property ${name} is not allowed`;
  return { type: 'additional_property_not_allowed', field, description };
}

function requiredField(field: string, name: string): InvalidField {
  return { type: 'required', field, description: `${name} is required` };
}

function wrongType(field: string, expected: string, value: unknown): InvalidField {
  return { type: 'invalid_type', field, description: `Invalid type. Expected: ${expected}, given: ${typeName(value)}` };
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
