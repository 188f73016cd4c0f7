/** A painter that dies over the prompt `crash`, throws over `bug`, and paints one byte otherwise. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', ({ prompt }: { prompt: string }) => {
  if (prompt === 'crash') process.exit(3);
  if (prompt === 'throw') throw new Error('thrown in the thread');
  if (prompt === 'wait') return;
  parentPort?.postMessage(prompt === 'bug' ? { error: 'no such colour' } : { bytes: Uint8Array.of(prompt.length) });
});
