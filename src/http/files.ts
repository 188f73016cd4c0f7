/**
 * `GET /files/…`: an original for whoever has a signed address of it that has not ended. A stranger learns nothing:
 * a wrong address of a file that is there and one of a file that never was get the same answer.
 */
import type { Readable } from 'node:stream';
import type { Clock, Log } from '../jobs/ports.ts';
import { StoreFailure } from '../jobs/ports.ts';
import { readRange, type ByteRange } from './byte-range.ts';
import { FILES_PATH, type FileLinks, type LinkedFile } from './file-links.ts';
import { refuse, type HttpAnswer, type HttpRequest, type HttpRoute } from './route.ts';

export interface FoundFile {
  mimeType: string;
  bytes: number;
  /** Under which it is saved. */
  name: string;
  /** Rejects with StoreFailure when it is gone. */
  open: (range: ByteRange | null) => Promise<Readable>;
}

export interface FilesOptions {
  links: FileLinks;
  /** `removed`: it was there once; null: there is no such file. */
  find: (file: LinkedFile) => Promise<FoundFile | 'removed' | null>;
  /** For a person who comes too late. */
  sentences: { expired: string; removed: string };
  clock: Clock;
  log: Log;
}

/** What a browser may show by itself; anything else is only saved. */
const SHOWN = /^(?:image\/(?:png|jpeg|webp|gif|avif)|video\/(?:mp4|webm))$/;
/** Nothing in a file may run or call anywhere. A video is loaded by the page that the browser makes to play it. */
const POLICY = {
  file: "default-src 'none'; sandbox",
  video: "default-src 'none'; media-src 'self'; sandbox allow-same-origin",
};
/** The address is the key to the file: neither pages nor search engines are to learn it. */
const FOR_A_BROWSER = {
  'cache-control': 'private',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
  'accept-ranges': 'bytes',
};

export function createFiles(options: FilesOptions): HttpRoute {
  return {
    method: 'GET',
    path: `${FILES_PATH}/:job/:name`,
    isPublic: true,
    handle: (request) => answerFor(request, options),
  };
}

async function answerFor(request: HttpRequest, options: FilesOptions): Promise<HttpAnswer> {
  const { links, find, sentences, clock, log } = options;
  const { job: jobId = '', name = '' } = request.parameters;
  const verdict = links.check({ jobId, name, query: request.query }, clock.now());
  if (verdict === 'forged') return refuse(404, { refused: 'bad-link' });
  if (verdict === 'expired') return gone(sentences.expired);
  const found = await find({ jobId, name });
  if (found === null) return refuse(404);
  if (found === 'removed') return gone(sentences.removed);
  try {
    return await serve(found, request);
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    log.warn('a file that a link leads to could not be opened', { jobId });
    return gone(sentences.removed);
  }
}

async function serve({ mimeType, bytes, name, open }: FoundFile, request: HttpRequest): Promise<HttpAnswer> {
  const range = readRange(request.headers['range'], bytes);
  if (range === 'unsatisfiable') return refuse(416, { headers: { 'content-range': `bytes */${bytes}` } });
  const isWhole = range === 'whole';
  const body = await open(isWhole ? null : range);
  const isHead = request.method === 'HEAD';
  if (isHead) body.destroy();
  const isShown = SHOWN.test(mimeType);
  return {
    status: isWhole ? 200 : 206,
    type: isShown ? mimeType : 'application/octet-stream',
    body: isHead ? '' : body,
    headers: {
      ...FOR_A_BROWSER,
      'content-security-policy': isShown && mimeType.startsWith('video/') ? POLICY.video : POLICY.file,
      'content-length': String(isWhole ? bytes : range.end - range.start + 1),
      ...(isWhole ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${bytes}` }),
      'content-disposition': `${isShown ? 'inline' : 'attachment'}; ${nameParameters(name)}`,
    },
  };
}

/** For every browser, and in UTF-8 for those that know RFC 5987 (RFC 6266, appendix D). */
function nameParameters(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9._-]+/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(/['()*!]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  return `filename="${plain}"; filename*=UTF-8''${encoded}`;
}

function gone(sentence: string): HttpAnswer {
  return { status: 410, type: 'text/plain; charset=utf-8', body: `${sentence}\n` };
}
