/** Fetches the files that an input names, as a model does before it begins, and says what it cannot make of them. */
import sharp from 'sharp';
import type { InputProperty, InputSchema, SandboxModel } from './cog.ts';
import type { UploadStore } from './uploads.ts';
import { isThisMachine } from './validate.ts';

/** A picture that a prediction starts from. */
export interface InputPicture {
  bytes: Buffer;
  width: number;
  height: number;
  /** Whether a video is to end with it. */
  isEnd: boolean;
}

export interface InputFiles {
  /** In the author's order of inputs. What lies on other machines is not looked at: nothing leaves this one. */
  pictures: readonly InputPicture[];
  /** What the prediction fails with; null: all is well. */
  error: string | null;
}

export interface FileSources {
  uploads: UploadStore;
  /** Whether a prediction has its files under this token. */
  hasOutput: (fileToken: string) => boolean;
  /** `http://127.0.0.1:PORT`. */
  origin: string;
}

interface Named {
  name: string;
  address: string;
}

const END_FRAME = /^(?:end|last|tail)_/;
const NO_PICTURE = /audio|video|mask/;

export async function readInputFiles(
  model: SandboxModel,
  input: Record<string, unknown>,
  sources: FileSources,
): Promise<InputFiles> {
  const pictures: InputPicture[] = [];
  for (const { name, address } of listFiles(model, input)) {
    const file = fetchInput(address, sources);
    if (file === 'absent') return { pictures, error: describeAbsent(name, address) };
    if (file === 'elsewhere' || NO_PICTURE.test(name)) continue;
    const picture = await readPicture(file, END_FRAME.test(name));
    // As Python's imaging library says it, which most models read pictures with.
    if (picture === null) return { pictures, error: `cannot identify image file '/tmp/${name}.png'` };
    pictures.push(picture);
  }
  return { pictures, error: null };
}

function listFiles(model: SandboxModel, input: Record<string, unknown>): Named[] {
  const fields = Object.entries(model.input.properties).filter(([, property]) => isFile(property));
  return fields
    .toSorted(([, one]: [string, InputProperty], [, other]) => one['x-order'] - other['x-order'])
    .flatMap(([name]) => {
      const values: unknown[] = Array.isArray(input[name]) ? input[name] : [input[name]];
      return values.filter((value) => typeof value === 'string').map((address) => ({ name, address }));
    });
}

function isFile({ format, items, anyOf = [] }: InputSchema): boolean {
  return format === 'uri' || (items !== undefined && isFile(items)) || anyOf.some(isFile);
}

/** `elsewhere`: on another machine, where it is taken to be. */
function fetchInput(address: string, { uploads, hasOutput, origin }: FileSources): Buffer | 'absent' | 'elsewhere' {
  if (address.startsWith('data:')) return readData(address);
  const [, id] = address.startsWith(`${origin}/v1/files/`) ? (/\/v1\/files\/([^/?#]+)$/.exec(address) ?? []) : [];
  if (id !== undefined) return uploads.find(id)?.bytes ?? 'absent';
  const [, token] = address.startsWith(`${origin}/files/`) ? (/\/files\/([^/]+)\//.exec(address) ?? []) : [];
  if (token !== undefined && hasOutput(token)) return 'elsewhere';
  const url = new URL(address);
  return isThisMachine(url) || url.hostname.endsWith('.invalid') ? 'absent' : 'elsewhere';
}

function readData(address: string): Buffer {
  const [head = '', data = ''] = address.split(',', 2);
  return head.endsWith(';base64') ? Buffer.from(data, 'base64') : Buffer.from(decodeURIComponent(data));
}

async function readPicture(bytes: Buffer, isEnd: boolean): Promise<InputPicture | null> {
  try {
    const { format, width, height } = await sharp(bytes).metadata();
    // The models' libraries read no drawings.
    return format === 'svg' ? null : { bytes, width, height, isEnd };
  } catch {
    return null;
  }
}

/** Cog's own words for an input it could not download, as Replicate passes them on. */
function describeAbsent(name: string, address: string): string {
  const message = `404 Client Error: Not Found for url: ${address}`;
  const detail = [{ loc: ['body', 'input', name], msg: message, type: 'value_error' }];
  return `Prediction input failed validation: ${JSON.stringify({ detail })}`;
}
