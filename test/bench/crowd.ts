/** Many users at once, and what they wait for: each one's answer and each one's picture. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BotProcess, CommandOptions, RecordedRequest, SandboxMessage } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { readPeakMemoryMb } from './peak-memory.ts';
import { percentile } from './statistics.ts';

export interface CrowdAsk {
  sandbox: Sandbox;
  bot: BotProcess;
  users: number;
  optionsFor: (user: number) => CommandOptions;
  /** Sides of the picture each card must end with. */
  side: number;
}

/** Milliseconds, counts, and megabytes. */
export type CrowdResult = Record<
  'ackP50' | 'ackP99' | 'ackMax' | 'lastCard' | 'peakMemory' | 'edits' | 'limited' | 'limitedAnswers',
  number
>;

/** Sent before the measuring by others than the measured: connections stand, and code is compiled. */
const WARMING_USERS = 10;
/** Far above what anything here takes; reached only when a card is lost. */
const LONGEST_MS = 60_000;
const SETTLE_MS = 100;

/** Rejects when an answer or a card is lost, or a card ends without its picture. */
export async function measureCrowd(ask: CrowdAsk): Promise<CrowdResult> {
  const everybody = ask.sandbox.discord.crowd(ask.users + WARMING_USERS).map(({ id }) => id);
  await sendAll(ask, everybody.slice(ask.users));
  return sendAll(ask, everybody.slice(0, ask.users));
}

async function sendAll(ask: CrowdAsk, userIds: readonly string[]): Promise<CrowdResult> {
  const { discord, replicate, clock } = ask.sandbox;
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  const callbacks = new Map<string, number>();
  let [edits, limited, limitedAnswers] = [0, 0, 0];
  const note = (request: RecordedRequest): void => {
    const [, interactionId] = /^\/interactions\/(\d+)\//.exec(request.path) ?? [];
    if (interactionId !== undefined && !callbacks.has(interactionId)) callbacks.set(interactionId, request.at);
    if (request.method === 'PATCH') edits += 1;
    if (request.status !== 429) return;
    limited += 1;
    if (interactionId !== undefined) limitedAnswers += 1;
  };
  const finished = watchCards(ask, userIds.length);
  const stops = [
    discord.onChange((change) => (change.type === 'request' ? note(change.request) : undefined)),
    replicate.onChange(note),
  ];
  try {
    const beganAt = clock.now();
    const asked = userIds.map(async (userId, user) => {
      const sentAt = clock.now();
      const options = ask.optionsFor(user);
      const outcome = await discord.runCommand({ userId, channelId, name: 'generate', options });
      if (outcome.status !== 'answered') throw new Error(`Expected an answer for each user, user ${user} got none.`);
      return { sentAt, interactionId: outcome.interactionId };
    });
    const answered = await Promise.all(asked);
    const lastAt = await finished.last;
    // The call that brought the last card is noted only when it is answered.
    await sleep(SETTLE_MS);
    const acks = answered.map(({ sentAt, interactionId }) => (callbacks.get(interactionId) ?? Number.NaN) - sentAt);
    return {
      ackP50: percentile(acks, 0.5),
      ackP99: percentile(acks, 0.99),
      ackMax: percentile(acks, 1),
      lastCard: lastAt - beganAt,
      peakMemory: readPeakMemoryMb(ask.bot.pid),
      edits,
      limited,
      limitedAnswers,
    };
  } finally {
    finished.stop();
    for (const stop of stops) stop();
  }
}

/** Both bots put the picture on the message with its last edit. */
function watchCards({ sandbox, bot, side }: CrowdAsk, count: number): { last: Promise<number>; stop: () => void } {
  const { discord, clock } = sandbox;
  const done = new Set<string>();
  let stop = (): void => undefined;
  const last = new Promise<number>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`Expected ${count} cards with a picture, ${why}.`));
    const timer = setTimeout(() => fail(`got ${done.size} in ${LONGEST_MS} ms`), LONGEST_MS);
    const stopListening = discord.onChange((change) => {
      if (change.type !== 'message' || !isPicture(change.message, side)) return;
      done.add(change.message.message.id);
      if (done.size === count) resolve(clock.now());
    });
    void bot.exited.then(({ code }) => fail(`but the bot ended with ${code}: ${bot.lines.slice(-3).join(' ')}`));
    stop = () => {
      clearTimeout(timer);
      stopListening();
    };
  });
  // Whoever waits for `last` hears of it; until then it must not end the process.
  last.catch(() => undefined);
  return { last, stop: () => stop() };
}

function isPicture({ message, isLoading }: SandboxMessage, side: number): boolean {
  const [file] = message.attachments;
  return !isLoading && file?.width === side && file.height === side && file.size > 0;
}
