/** Paints what the command line names and prints the hash; a process of its own for the test of equal bytes. */
import { createHash } from 'node:crypto';
import { createLocalProvider } from '../../../src/providers/local/local-provider.ts';
import { attempt } from '../attempt.ts';

const provider = createLocalProvider({ size: 1 });
const started = await provider.start(attempt({ prompt: process.argv[2] ?? '', seed: Number(process.argv[3]) }), {
  signal: new AbortController().signal,
});
if (started.status !== 'finished') throw new Error(`Expected a finished picture, got ${started.status}.`);
// No close: an idle thread must not hold the process.
console.log(
  createHash('sha256')
    .update(started.bytes[0] ?? '')
    .digest('hex'),
);
