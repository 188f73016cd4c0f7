/**
 * Loaded into the bot's process before the bot: its stdin is a pipe from whoever started it and carries
 * nothing, so its end means that the starter is gone, also after a kill -9. The bot must not live on alone.
 */
import { isMainThread } from 'node:worker_threads';

// A worker thread inherits the --import, and has a stdin of its own that ends at once.
if (isMainThread) {
  process.stdin.once('close', () => process.kill(process.pid, 'SIGKILL'));
  process.stdin.resume();
  // The pipe alone must not keep a bot alive that has nothing left to do.
  if ('unref' in process.stdin && typeof process.stdin.unref === 'function') process.stdin.unref();
}
