/** Ends of several kinds as one signal. */

/**
 * A signal that aborts with the first of these, with its reason. Released, it is forgotten by those that live longer:
 * `AbortSignal.any` keeps a little of each call for as long as its longest-lived signal lives, for ever here.
 */
export function followSignals(...signals: readonly AbortSignal[]): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const followed = signals.map((signal) => {
    const follow = (): void => controller.abort(signal.reason);
    if (signal.aborted) follow();
    else signal.addEventListener('abort', follow, { once: true });
    return () => signal.removeEventListener('abort', follow);
  });
  return {
    signal: controller.signal,
    release: () => {
      for (const unfollow of followed) unfollow();
    },
  };
}
