/** Reads the bodies of the page's calls. Each function throws an Error with a sentence that the page shows. */
import type { CommandOptions, ControlCalls, ModalValue, PickedFile } from './interface.ts';

export type Body = Record<string, unknown>;

export function readObject(body: unknown): Body {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  if (body === undefined || body === null) return {};
  throw new Error('Expected a JSON object.');
}

export function readText(body: Body, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') throw new Error(`Expected \`${name}\` to be a text, got ${JSON.stringify(value)}.`);
  return value;
}

/** Milliseconds. */
export function readDuration(body: Body, name: string): number {
  const value = body[name];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new Error(`Expected \`${name}\` to be milliseconds from 0 up, got ${JSON.stringify(value)}.`);
  }
  return value;
}

/** Bytes. */
export function readSize(body: Body, name: string): number {
  const value = body[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw new Error(`Expected \`${name}\` to be a whole number of bytes from 1 up, got ${JSON.stringify(value)}.`);
  }
  return value;
}

/** A list of files, empty where there is none. */
export function readFiles(value: unknown): PickedFile[] {
  const list: unknown[] = Array.isArray(value) ? value : [];
  return list.map((entry) => {
    const file = readFile(entry);
    if (file === undefined) throw new Error(`Expected a list of files, got ${shorten(entry)}.`);
    return file;
  });
}

export function readCommand(body: Body): ControlCalls['command'] {
  return {
    userId: readText(body, 'userId'),
    channelId: readText(body, 'channelId'),
    name: readText(body, 'name'),
    ...(body.subcommand === undefined ? {} : { subcommand: readText(body, 'subcommand') }),
    options: readOptions(body.options),
  };
}

function readOptions(options: unknown): CommandOptions {
  const read: CommandOptions = {};
  for (const [name, value] of Object.entries(readObject(options))) {
    const file = readFile(value);
    if (file !== undefined) read[name] = file;
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') read[name] = value;
    else {
      throw new Error(
        `Expected the option ${name} to be a text, a number, true or false, or a file, got ${shorten(value)}.`,
      );
    }
  }
  return read;
}

/** By the input's custom_id. */
export function readModalValues(values: unknown): Record<string, ModalValue> {
  return Object.fromEntries(
    Object.entries(readObject(values)).map(([name, value]): [string, ModalValue] => [
      name,
      readModalValue(name, value),
    ]),
  );
}

function readModalValue(name: string, value: unknown): ModalValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    const list: unknown[] = value;
    if (list.every((entry): entry is string => typeof entry === 'string')) return list;
    const files = list.map(readFile);
    if (files.every((file): file is PickedFile => file !== undefined)) return files;
  }
  throw new Error(
    `Expected the input ${name} to be a text, true or false, or a list of texts or files, got ${shorten(value)}.`,
  );
}

function readFile(value: unknown): PickedFile | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, contentType, data } = value as Body;
  if (typeof name !== 'string' || typeof contentType !== 'string' || typeof data !== 'string') return undefined;
  return { name, contentType, data };
}

function shorten(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
