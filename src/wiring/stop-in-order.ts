/** Ends the process in order: on a signal, on a refusal, or when nobody knows what state it is in. */
import type { Log } from '../log.ts';

/** A setting, the store or the disk is wrong. */
export const EXIT_WRONG_SETUP = 1;
/** SIGTERM must be over within 10 s. */
const STOP_BOUND_MS = 9_500;

/**
 * Returns the way to end the process in order, with an exit code. The first signal does so with 0, the second
 * at once. What is not finished goes on at the next start.
 */
export function stopInOrder(stop: () => Promise<void>, log: Log): (code: number) => void {
  let isStopping = false;
  const end = (code: number): void => {
    if (isStopping) process.exit(code);
    isStopping = true;
    setTimeout(() => process.exit(code), STOP_BOUND_MS).unref();
    stop().then(
      () => process.exit(code),
      (error: unknown) => {
        log.error('the stop met trouble; what was running goes on at the next start', { errorMessage: String(error) });
        process.exit(code);
      },
    );
  };
  const onSignal = (signal: string): void => {
    log.info('stopping', { signal });
    end(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('unhandledRejection', (reason) => {
    log.error('a promise was left alone', { errorMessage: reason instanceof Error ? reason.message : String(reason) });
  });
  process.on('uncaughtException', (error) => {
    // Nobody knows what state this leaves. Every job is saved, so a new process is the safe way on.
    log.error('an unexpected error ended the process', { errorMessage: error.message });
    process.exit(EXIT_WRONG_SETUP);
  });
  return end;
}
