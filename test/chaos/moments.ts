/** When the bot is killed: a random time after its start, or after something that can be seen from outside. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedRequest } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { ItemState } from '../../src/jobs/job.ts';
import type { Lives } from './lives.ts';
import type { Random } from './random.ts';

export interface Watched {
  sandbox: Sandbox;
  lives: Lives;
}

interface Moment {
  name: string;
  weight: number;
  /** Calls `hit` at the event; returns the way to stop watching. */
  watch: (parts: Watched, hit: () => void) => () => void;
}

export interface PlannedKill {
  moment: Moment;
  delayMs: number;
}

/** What does not come in this time is not waited for: the kill comes all the same. */
const LONGEST_WATCH_MS = 2_500;
/** Right at the event, where the steps lie close together, or some time after it. */
const DELAYS_MS = [
  { weight: 2, least: 0, most: 30 },
  { weight: 3, least: 20, most: 1_500 },
];

export const MOMENTS: readonly Moment[] = [
  { name: 'the start', weight: 2, watch: (_, hit) => (hit(), () => undefined) },
  { name: 'going online', weight: 2, watch: onOnline },
  { name: 'a create at Replicate', weight: 4, watch: onReplicate('POST', /^\/predictions$/) },
  { name: 'a question to Replicate', weight: 1, watch: onReplicate('GET', /^\/predictions\/\w+$/) },
  { name: 'a search at Replicate', weight: 2, watch: onReplicate('GET', /^\/predictions\?/) },
  { name: 'a download', weight: 3, watch: onReplicate('GET', /^\/files\//) },
  { name: 'a start at Gemini', weight: 3, watch: onState('starting', 'gemini') },
  { name: 'an answer of Gemini', weight: 2, watch: onGemini },
  { name: 'an answer to Discord', weight: 3, watch: onDiscord('POST', /\/callback/) },
  { name: 'an edit', weight: 3, watch: onDiscord('PATCH', /\/messages\//) },
  ...(['queued', 'starting', 'running', 'waiting', 'collecting', 'done', 'cancelled'] as const).map((state) => ({
    name: `an item that is ${state}`,
    weight: 1,
    watch: onState(state),
  })),
];

export function planKill(random: Random): PlannedKill {
  const moment = random.pickRow(MOMENTS);
  const { least, most } = random.pickRow(DELAYS_MS);
  return { moment, delayMs: random.integer(least, most) };
}

/**
 * Resolves when it is time to kill, or when `signal` ends the wait: true when the event came, false when it was not
 * waited for any longer.
 */
export async function waitForMoment(
  { moment, delayMs }: PlannedKill,
  parts: Watched,
  signal: AbortSignal,
): Promise<boolean> {
  let stop = (): void => undefined;
  const bound = new AbortController();
  const event = new Promise<boolean>((resolve) => (stop = moment.watch(parts, () => resolve(true))));
  const either = AbortSignal.any([bound.signal, signal]);
  const timeIsUp = sleep(LONGEST_WATCH_MS, false, { signal: either }).catch(() => false);
  const came = await Promise.race([event, timeIsUp]);
  bound.abort();
  stop();
  await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  return came;
}

function onOnline({ sandbox }: Watched, hit: () => void): () => void {
  return sandbox.discord.onChange((change) => {
    if (change.type === 'bot-connected' && change.isConnected) hit();
  });
}

function onReplicate(method: string, path: RegExp): Moment['watch'] {
  return ({ sandbox }, hit) =>
    sandbox.replicate.onChange((request) => (fits(request, method, path) ? hit() : undefined));
}

/** It has left; whether the bot has it is open. */
function onGemini({ sandbox }: Watched, hit: () => void): () => void {
  return sandbox.gemini.onChange((request) => (fits(request, 'POST', /:generateContent/) ? hit() : undefined));
}

function onDiscord(method: string, path: RegExp): Moment['watch'] {
  return ({ sandbox }, hit) =>
    sandbox.discord.onChange((change) => {
      if (change.type === 'request' && fits(change.request, method, path)) hit();
    });
}

function fits(request: RecordedRequest, method: string, path: RegExp): boolean {
  return request.method === method && path.test(request.path);
}

function onState(state: ItemState, provider?: string): Moment['watch'] {
  return ({ lives }, hit) =>
    lives.onLine(({ fields }) => {
      if (fields['to'] === state && (provider === undefined || fields['provider'] === provider)) hit();
    });
}
