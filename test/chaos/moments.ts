/** When the bot is killed: a random time after its start, or after something that can be seen from outside. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedRequest, SandboxMessage } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { ItemState } from '../../src/jobs/job.ts';
import { askWhich, giveReference, retryFailed, showAgain, type Crowd } from './acts.ts';
import { isComing } from './cards.ts';
import type { Lives } from './lives.ts';
import type { Random } from './random.ts';
import { selectsOf } from './selects.ts';

export interface Watched {
  sandbox: Sandbox;
  lives: Lives;
  crowd: Crowd;
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

/** What does not come in this time from when the bot is there is not waited for: the kill comes all the same. */
const LONGEST_WATCH_MS = 2_500;
/** Far above what a start takes on a busy machine. */
const LONGEST_START_MS = 10_000;
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
  { name: 'an upload', weight: 1, watch: onReplicate('POST', /^\/files$/) },
  { name: 'a start at Gemini', weight: 3, watch: onState('starting', 'gemini') },
  { name: 'an answer of Gemini', weight: 2, watch: onGemini('POST', /:generateContent/) },
  { name: 'a video begun at Gemini', weight: 2, watch: onGemini('POST', /\/interactions$/) },
  { name: 'a question to Gemini', weight: 1, watch: onGemini('GET', /\/interactions\//) },
  { name: 'a reference on its way', weight: 3, watch: after(giveReference, (_, hit) => (hit(), () => undefined)) },
  { name: 'a question which picture', weight: 3, watch: after(askWhich, onMessage(hasSelect)) },
  { name: 'a card shown again in words', weight: 3, watch: after(showAgain, onMessage(isComing)) },
  { name: 'a retry of what failed', weight: 2, watch: after(retryFailed, onState('queued')) },
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
  const timeIsUp = watchLongEnough(parts, AbortSignal.any([bound.signal, signal]));
  const came = await Promise.race([event, timeIsUp]);
  bound.abort();
  stop();
  await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  return came;
}

/** Never rejects. */
async function watchLongEnough({ sandbox }: Watched, signal: AbortSignal): Promise<false> {
  await Promise.race([
    sandbox.discord.waitForBot(LONGEST_START_MS).catch(() => undefined),
    sleep(LONGEST_START_MS, undefined, { signal }).catch(() => undefined),
  ]);
  return sleep(LONGEST_WATCH_MS, false as const, { signal }).catch(() => false as const);
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

/** Its answer has left; whether the bot has it is open. */
function onGemini(method: string, path: RegExp): Moment['watch'] {
  return ({ sandbox }, hit) => sandbox.gemini.onChange((request) => (fits(request, method, path) ? hit() : undefined));
}

function onMessage(isMeant: (message: SandboxMessage) => boolean): Moment['watch'] {
  return ({ sandbox }, hit) =>
    sandbox.discord.onChange((change) => {
      if (change.type === 'message' && isMeant(change.message)) hit();
    });
}

function hasSelect({ message }: SandboxMessage): boolean {
  return selectsOf(message).length > 0;
}

/** What comes too rarely by itself: somebody does what leads to it, as soon as the bot is there. */
function after(lead: (crowd: Crowd) => void, watch: Moment['watch']): Moment['watch'] {
  return (parts, hit) => {
    let stop = (): void => undefined;
    const begin = (): void => {
      stop();
      stop = watch(parts, hit);
      lead(parts.crowd);
    };
    if (parts.sandbox.discord.isBotConnected()) begin();
    else stop = onOnline(parts, begin);
    return () => stop();
  };
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
