/** The thread that paints, one request at a time: drawing and encoding would hold up every answer to Discord. */
import { parentPort } from 'node:worker_threads';
import { paint, type PaintRequest } from './paint.ts';
import type { PictureSize } from './picture-size.ts';
import { paintMarkAlone, relight, type RelightRequest } from './relight.ts';

export type PaintWork =
  | ({ work: 'scene' } & PaintRequest)
  | ({ work: 'relight' } & RelightRequest)
  /** Answers with pixels; the others with a PNG. */
  | ({ work: 'mark' } & PictureSize);

export type PaintAnswer = { bytes: Uint8Array<ArrayBuffer> } | { error: string };

parentPort?.on('message', (request: PaintWork) => {
  const answer = answerTo(request);
  parentPort?.postMessage(answer, 'bytes' in answer ? [answer.bytes.buffer] : []);
});

function answerTo(request: PaintWork): PaintAnswer {
  try {
    // A copy in memory of its own, which can be handed over instead of copied again.
    return { bytes: new Uint8Array(carryOut(request)) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function carryOut(request: PaintWork): Uint8Array | Uint8ClampedArray {
  switch (request.work) {
    case 'scene':
      return paint(request);
    case 'relight':
      return relight(request);
    case 'mark':
      return paintMarkAlone(request);
  }
}
