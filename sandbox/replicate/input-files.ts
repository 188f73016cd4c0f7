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
    if (file === 'absent')
      return { pictures, error: describeInvalid(name, `404 Client Error: Not Found for url: ${address}`) };
    if (file === 'no-address')
      return { pictures, error: describeInvalid(name, `No connection adapters were found for '${address}'`) };
    if (needsMask(model, name) && typeof input.mask !== 'string')
      return { pictures, error: `A mask is required when ${name} is given` };
    if (file === 'elsewhere' || NO_PICTURE.test(name)) continue;
    const picture = await readPicture(file, name);
    if (typeof picture === 'string') return { pictures, error: picture };
    pictures.push(picture);
  }
  return { pictures, error: null };
}

/** Painting a part anew: the model's page says so of the picture. */
function needsMask(model: SandboxModel, name: string): boolean {
  return /must also use a mask/i.test(model.input.properties[name]?.description ?? '');
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
function fetchInput(
  address: string,
  { uploads, hasOutput, origin }: FileSources,
): Buffer | 'absent' | 'elsewhere' | 'no-address' {
  if (address.startsWith('data:')) return readData(address);
  const [, id] = address.startsWith(`${origin}/v1/files/`) ? (/\/v1\/files\/([^/?#]+)$/.exec(address) ?? []) : [];
  if (id !== undefined) return uploads.find(id)?.bytes ?? 'absent';
  const [, token] = address.startsWith(`${origin}/files/`) ? (/\/files\/([^/]+)\//.exec(address) ?? []) : [];
  if (token !== undefined && hasOutput(token)) return 'elsewhere';
  const url = new URL(address);
  if (!['http:', 'https:'].includes(url.protocol)) return 'no-address';
  return isThisMachine(url) || url.hostname.endsWith('.invalid') ? 'absent' : 'elsewhere';
}

function readData(address: string): Buffer {
  const [head = '', data = ''] = address.split(',', 2);
  return head.endsWith(';base64') ? Buffer.from(data, 'base64') : Buffer.from(decodeURIComponent(data));
}

/** A sentence for what cannot be read, as Python's imaging library says it, which most models read pictures with. */
async function readPicture(bytes: Buffer, name: string): Promise<InputPicture | string> {
  const unknown = `cannot identify image file '/tmp/${name}.png'`;
  const found = await sharp(bytes)
    .metadata()
    .catch(() => null);
  // The models' libraries read no drawings.
  if (found === null || found.format === 'svg') return unknown;
  const { width, height } = found;
  try {
    // Every row is read, and nothing of them kept.
    await sharp(bytes, { failOn: 'truncated' }).resize(8, 8).raw().toBuffer();
  } catch {
    return 'image file is truncated';
  }
  return { bytes, width, height, isEnd: END_FRAME.test(name) };
}

/** Cog's own words for an input it could not download, as Replicate passes them on. */
function describeInvalid(name: string, message: string): string {
  const detail = [{ loc: ['body', 'input', name], msg: message, type: 'value_error' }];
  return `Prediction input failed validation: ${JSON.stringify({ detail })}`;
}
