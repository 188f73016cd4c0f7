/** The thread that paints, one request at a time: drawing and encoding would hold up every answer to Discord. */
import { parentPort } from 'node:worker_threads';
import { paint, type PaintRequest } from './paint.ts';

export type PaintAnswer = { bytes: Uint8Array<ArrayBuffer> } | { error: string };

parentPort?.on('message', (request: PaintRequest) => {
  const answer = answerTo(request);
  parentPort?.postMessage(answer, 'bytes' in answer ? [answer.bytes.buffer] : []);
});

function answerTo(request: PaintRequest): PaintAnswer {
  try {
    // A copy in memory of its own, which can be handed over instead of copied again.
    return { bytes: new Uint8Array(paint(request)) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
