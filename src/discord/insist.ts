/** For a call that nobody will make again: a notice, a deletion, the end of an answer that was promised. */
import type { Clock } from '../jobs/ports.ts';
import { classifyDelivery, isPassing, type DeliveryFailure } from './delivery-failure.ts';

const USUAL_CALLS = 5;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/**
 * Calls once more, and again, while Discord is busy or away. null: it went through; else the last failure. Rejects
 * with the signal's reason when it aborts a wait, and with a programming error.
 */
export async function insist(
  call: () => Promise<unknown>,
  { clock, signal, mostCalls = USUAL_CALLS }: { clock: Clock; signal?: AbortSignal; mostCalls?: number },
): Promise<DeliveryFailure | null> {
  for (let calls = 1; ; calls += 1) {
    try {
      await call();
      return null;
    } catch (error) {
      const lost = classifyDelivery(error);
      if (!isPassing(lost) || calls >= mostCalls) return lost;
      const waitMs = 'retryAfterMs' in lost ? lost.retryAfterMs : FIRST_WAIT_MS * 2 ** (calls - 1);
      await clock.sleep(Math.min(waitMs, LONGEST_WAIT_MS), signal);
    }
  }
}
