/** Whether the process lives, and whether it can work: for whoever supervises it, never for the internet. */
import type { Clock } from '../jobs/ports.ts';
import { answerJson, type HttpRoute } from './route.ts';

export interface HealthOptions {
  /** By the name that is told (`discord`, `store`); true is ready. One that throws, or is still out after `withinMs`, is not. */
  checks: Readonly<Record<string, () => boolean | Promise<boolean>>>;
  clock: Clock;
  /** Default 2 s: supervisors wait hardly longer. */
  withinMs?: number;
}

const WITHIN_MS = 2_000;

export function createHealthRoutes({ checks, clock, withinMs = WITHIN_MS }: HealthOptions): HttpRoute[] {
  const findUnready = async (): Promise<string[]> => {
    const asked = Object.entries(checks).map(async ([name, check]) => ((await isReady(check)) ? [] : [name]));
    return (await Promise.all(asked)).flat();
  };
  const isReady = async (check: () => boolean | Promise<boolean>): Promise<boolean> => {
    const over = new AbortController();
    try {
      return await Promise.race([check(), clock.sleep(withinMs, over.signal).then(() => false)]);
    } catch {
      return false;
    } finally {
      over.abort(new Error('the check is over'));
    }
  };
  return [
    {
      method: 'GET',
      path: '/healthz',
      isPublic: false,
      handle: () => answerJson(200, { status: 'alive' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      isPublic: false,
      async handle() {
        const notReady = await findUnready();
        return notReady.length === 0
          ? answerJson(200, { status: 'ready' })
          : answerJson(503, { status: 'not ready', notReady });
      },
    },
  ];
}
