/** One call with its own time limit beside the caller's signal. */

/** Our own limit ran out, as opposed to the caller's signal. */
export class CallTimedOut extends Error {
  override name = 'CallTimedOut';
}

/**
 * Runs `work` with a signal that aborts with the caller's or after `timeoutMs`, whichever is first. Rejects
 * with CallTimedOut when it was the time, with the caller's reason when it was the caller, else as the work did.
 */
export async function callWithin<T>(
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  // Not AbortSignal.any: the caller's signal may live as long as the process, and would gather one dependant a call.
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => controller.abort(new CallTimedOut(`No answer within ${timeoutMs} ms.`)), timeoutMs);
  try {
    return await work(controller.signal);
  } catch (error) {
    // Whatever the work made of it (an AbortError, a wrapped one), the reason is what the caller needs.
    if (controller.signal.aborted) throw controller.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
