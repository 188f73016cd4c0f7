/** Checks bodies and inputs as Replicate does, with its validator's words. */
import { enumOf, type InputProperty, type SandboxModel } from './models.ts';
import type { InvalidField } from './problem.ts';

export interface CreateBody {
  version: string;
  input: Record<string, unknown>;
}

/** Body properties of POST /predictions by Replicate's OpenAPI file, which allows no others. */
const BODY_TYPES: Record<string, string> = {
  input: 'object',
  stream: 'boolean',
  version: 'string',
  webhook: 'string',
  webhook_events_filter: 'array',
};

/** `needsVersion` is false on the route that carries the model in its path; `version` is then refused as well. */
export function validateBody(body: unknown, needsVersion: boolean): InvalidField[] {
  if (!isObject(body)) return [wrongType('', 'object', body)];
  const required = needsVersion ? ['version', 'input'] : ['input'];
  const missing = required.filter((name) => !(name in body)).map((name) => requiredField('', name));
  const wrong = Object.entries(body).flatMap(([name, value]): InvalidField[] => {
    const expected = name === 'version' && !needsVersion ? undefined : BODY_TYPES[name];
    if (expected === undefined) {
      const description = `Additional property ${name} is not allowed`;
      return [{ type: 'additional_property_not_allowed', field: '', description }];
    }
    return typeName(value) === expected ? [] : [wrongType(name, expected, value)];
  });
  return [...missing, ...wrong];
}

/** An input the schema does not name is let through and has no effect: Cog's schemas allow it. */
export function validateInput(model: SandboxModel, input: Record<string, unknown>): InvalidField[] {
  const missing = (model.input.required ?? [])
    .filter((name) => !(name in input))
    .map((name) => requiredField('input', name));
  const wrong = Object.entries(input).flatMap(([name, value]) => {
    const property = model.input.properties[name];
    return property === undefined ? [] : validateProperty(model, name, property, value);
  });
  return [...missing, ...wrong];
}

function validateProperty(model: SandboxModel, name: string, property: InputProperty, value: unknown): InvalidField[] {
  const field = `input.${name}`;
  const choices = enumOf(model, property);
  if (choices !== undefined) {
    if (choices.enum.some((choice) => choice === value)) return [];
    const listed = choices.enum.map((choice) => JSON.stringify(choice)).join(', ');
    return [{ type: 'enum', field, description: `${name} must be one of the following: ${listed}` }];
  }
  const given = typeName(value);
  const isRight = given === property.type || (property.type === 'number' && given === 'integer');
  if (!isRight) return [wrongType(field, property.type ?? 'string', value)];
  if (property.format === 'uri' && !URL.canParse(String(value))) {
    return [{ type: 'format', field, description: "Does not match format 'uri'" }];
  }
  if (typeof value !== 'number') return [];
  if (property.minimum !== undefined && value < property.minimum) {
    return [{ type: 'number_gte', field, description: `Must be greater than or equal to ${property.minimum}` }];
  }
  if (property.maximum !== undefined && value > property.maximum) {
    return [{ type: 'number_lte', field, description: `Must be less than or equal to ${property.maximum}` }];
  }
  return [];
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
