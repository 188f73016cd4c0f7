/**
 * Every state of a card and every private answer, each as one scene: a name, and what people do until it is
 * there. Each scene has a bot and a sandbox of its own, so a scene needs to undo nothing.
 */
import type { Locator, Page } from 'playwright-core';
import type { CommandOptions, InteractionOutcome } from '../../sandbox/interface.ts';
import type { Person, World } from '../end-to-end/world.ts';
import type { StageOptions } from './stage.ts';

export interface Scene extends StageOptions {
  /** The caption. */
  name: string;
  /** What a reader should notice, in a few words. */
  note: string;
  /** Whose eyes the page has; default the member's. */
  viewer?: Person;
  /** Gives the id of the message to be photographed; it must stay as it is for some seconds. */
  prepare(world: World): Promise<string>;
  /** What to photograph instead of the message, for what opens on the page alone. */
  open?(page: Page, message: Locator): Promise<Locator>;
}

/** The prompts of a server with some history, oldest first; who asked, and what became of it. */
const HISTORY: readonly { by: Person; options: CommandOptions; ends: RegExp; fault?: true }[] = [
  { by: 'member2', options: { prompt: 'a fox asleep in autumn leaves' }, ends: /Done/ },
  { by: 'member', options: { prompt: 'a beautiful sunset over mountains' }, ends: /Done/ },
  {
    by: 'moderator',
    options: { prompt: 'a server banner with a lighthouse, flat colours' },
    ends: /Failed/,
    fault: true,
  },
  { by: 'member', options: { prompt: 'a birthday surprise', private: true }, ends: /Done/ },
  { by: 'member2', options: { prompt: 'a small house by a lake, morning mist' }, ends: /Done/ },
  { by: 'member2', options: { prompt: 'the same house in deep snow' }, ends: /Done/ },
  { by: 'member', options: { prompt: 'a quiet harbour at night' }, ends: /Done/ },
  { by: 'member', options: { prompt: 'an observatory under the milky way' }, ends: /Failed/, fault: true },
  { by: 'member2', options: { prompt: 'a fox in the snow' }, ends: /Done/ },
];

/** Wide, so that the sheet stays short. */
const WIDE = { aspect_ratio: '21:9' };
const SUNSET = { prompt: 'a beautiful sunset over mountains', ...WIDE };
const HARBOUR = { prompt: 'a quiet harbour at night', ...WIDE };
const LIGHTHOUSE = { prompt: 'a lighthouse in fog, watercolour', ...WIDE };
const SLOW = { queueMs: 0, workMs: 60_000 };

/** What everybody in the channel sees, in the order of a job's life. */
export const CARDS: readonly Scene[] = [
  {
    name: 'Queued',
    note: 'with its place in line',
    settings: { CONCURRENCY: '1' },
    pace: SLOW,
    async prepare(world) {
      await world.generate(LIGHTHOUSE, 'member2');
      await world.generate(LIGHTHOUSE, 'moderator');
      const card = await world.generate(SUNSET);
      await world.whenCard(card, /2 in line/);
      return card;
    },
  },
  {
    name: 'Generating',
    note: 'percent and bar where the service tells progress',
    pace: SLOW,
    prepare: (world) => whenHalfWay(world, SUNSET),
  },
  {
    name: 'Retrying',
    note: 'which attempt comes, why, and when',
    settings: { RETRY_BASE_SECONDS: '30' },
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'create', kind: 'http-503' });
      return whenSays(world, HARBOUR, /Retrying/);
    },
  },
  {
    name: 'Retrying, with another wording',
    note: 'the service worked and gave no picture',
    settings: { RETRY_BASE_SECONDS: '30' },
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'prediction', kind: 'nothing' });
      return whenSays(world, HARBOUR, /prompt variation/);
    },
  },
  {
    name: 'Done',
    note: '',
    prepare: (world) => whenSays(world, SUNSET, /Done/),
  },
  {
    name: 'Done, after a fallback',
    note: 'painted by the bot itself, with a way back to the service',
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'create', kind: 'http-401' });
      const card = await whenSays(world, HARBOUR, /Failed/);
      await world.press(card, 'Fallback: local');
      await world.whenCard(card, /Done/);
      return card;
    },
  },
  {
    name: 'Failed: it took too long',
    note: 'after three retries',
    settings: { IMAGE_TIMEOUT_SECONDS: '1' },
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'prediction', kind: 'never-ends' }, 4);
      return whenSays(world, LIGHTHOUSE, /Failed/);
    },
  },
  {
    name: 'Failed: content blocked',
    note: '',
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'prediction', kind: 'nsfw' }, 4);
      return whenSays(world, LIGHTHOUSE, /Failed/);
    },
  },
  {
    name: 'Failed: the key was refused',
    note: 'no retry would help, so none was made',
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'create', kind: 'http-401' }, 4);
      return whenSays(world, LIGHTHOUSE, /Failed/);
    },
  },
  {
    name: 'Cancelled',
    note: '',
    pace: SLOW,
    async prepare(world) {
      const card = await whenSays(world, HARBOUR, /Generating/);
      await world.press(card, 'Cancel');
      await world.whenCard(card, /Cancelled/);
      return card;
    },
  },
  {
    name: 'A private card',
    note: 'Refresh brings live updates back after 15 minutes',
    pace: SLOW,
    prepare: (world) => whenHalfWay(world, { ...SUNSET, private: true }),
  },
  {
    name: 'Again, pressed by somebody else',
    note: 'a new card, on the limits of whoever pressed',
    async prepare(world) {
      const card = await world.generate(SUNSET, 'member2');
      await world.whenCard(card, /Done/);
      const { message } = await world.pressForMessage(card, 'Again');
      await world.whenCard(message.id, /Done/);
      return message.id;
    },
  },
  {
    name: 'The end of a long wait',
    note: 'one reply that mentions only the one who asked',
    settings: { NOTIFY_AFTER_SECONDS: '1' },
    pace: { queueMs: 0, workMs: 1_500 },
    async prepare(world) {
      const card = await whenSays(world, SUNSET, /Done/);
      const replies = () =>
        world.sandbox.discord
          .messages(world.channelId, world.userId('member'))
          .filter(({ message }) => message.message_reference?.message_id === card);
      await world.waitUntil('the reply is there', () => replies().length > 0);
      return replies()[0]?.message.id ?? '';
    },
  },
];

/** What only one person sees. */
export const ANSWERS: readonly Scene[] = [
  {
    name: "Cancel on somebody else's card",
    note: 'it belongs to the asker and to moderators',
    pace: SLOW,
    async prepare(world) {
      const card = await world.generate(HARBOUR, 'member2');
      await world.whenCard(card, /Generating/);
      return (await world.pressForMessage(card, 'Cancel')).message.id;
    },
  },
  {
    name: 'Download',
    note: 'the original file',
    async prepare(world) {
      const card = await whenSays(world, SUNSET, /Done/);
      return (await world.pressForMessage(card, 'Download')).message.id;
    },
  },
  {
    name: 'Refused by a limit',
    note: 'nothing is started, nothing is charged',
    settings: { USER_RUNNING_LIMIT: '1', USER_WAITING_LIMIT: '1' },
    pace: SLOW,
    async prepare(world) {
      await world.generate(SUNSET);
      await world.generate(HARBOUR);
      return world.generate(LIGHTHOUSE);
    },
  },
  {
    name: 'Details',
    note: 'every attempt, and what was changed',
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'create', kind: 'http-503' });
      world.sandbox.replicate.addFault({ on: 'prediction', kind: 'nothing' });
      const card = await whenSays(world, SUNSET, /Done/);
      return (await world.pressForMessage(card, 'Details')).message.id;
    },
  },
  {
    name: 'Delete',
    note: 'asked once more, since it cannot be undone',
    async prepare(world) {
      const card = await whenSays(world, SUNSET, /Done/);
      const { message } = await world.pressForMessage(card, 'Details');
      await world.press(message.id, 'Delete');
      await world.whenCard(message.id, /for good/);
      return message.id;
    },
  },
  {
    name: 'Edit prompt',
    note: 'the form it opens',
    prepare: (world) => whenSays(world, SUNSET, /Done/),
    async open(page, message) {
      await message.getByRole('button', { name: 'Edit prompt' }).click();
      const form = page.getByRole('dialog');
      await form.waitFor();
      return form;
    },
  },
  {
    name: '/help',
    note: '',
    prepare: (world) => run(world, 'help', {}),
  },
  {
    name: '/jobs list',
    note: "a moderator's view of this server, in pages",
    viewer: 'moderator',
    async prepare(world) {
      await makeHistory(world);
      return run(world, 'jobs', { subcommand: 'list', by: 'moderator' });
    },
  },
  {
    name: '/jobs clear',
    note: 'what would go is counted first',
    viewer: 'moderator',
    async prepare(world) {
      await makeHistory(world);
      return run(world, 'jobs', { subcommand: 'clear', by: 'moderator', options: { user: world.userId('member') } });
    },
  },
  {
    name: '/jobs clear, confirmed',
    note: '',
    viewer: 'moderator',
    async prepare(world) {
      await makeHistory(world);
      return clearAll(world);
    },
  },
  {
    name: 'Download of a removed job',
    note: 'the picture that is still on the card',
    async prepare(world) {
      const card = await whenSays(world, SUNSET, /Done/);
      await clearAll(world);
      return (await world.pressForMessage(card, 'Download')).message.id;
    },
  },
];

async function whenSays(world: World, options: CommandOptions, words: RegExp): Promise<string> {
  const card = await world.generate(options);
  await world.whenCard(card, words);
  return card;
}

/** With SLOW. */
async function whenHalfWay(world: World, options: CommandOptions): Promise<string> {
  const card = await world.generate(options);
  await world.waitUntil('Replicate has it', () => world.predictions().length === 1);
  world.sandbox.clock.advance(31_000);
  await world.whenCard(card, /50%/);
  return card;
}

interface Run {
  subcommand?: string;
  by?: Person;
  options?: CommandOptions;
}

/** Gives the id of the answer, once it is more than "thinking". */
async function run(world: World, name: string, { subcommand, by = 'member', options = {} }: Run): Promise<string> {
  const { discord } = world.sandbox;
  const ask = { userId: world.userId(by), channelId: world.channelId, name, options };
  const id = answerOf(await discord.runCommand(subcommand === undefined ? ask : { ...ask, subcommand }));
  await world.waitUntil(`/${name} is answered`, () => discord.getMessage(id)?.isLoading === false);
  return id;
}

function answerOf(outcome: InteractionOutcome): string {
  if (outcome.status === 'answered' && outcome.messageId !== null) return outcome.messageId;
  throw new Error(`Expected a message as the answer, got ${JSON.stringify(outcome)}.`);
}

/** One after the other, so that they stand in this order. */
async function makeHistory(world: World): Promise<void> {
  for (const { by, options, ends, fault } of HISTORY) {
    // Mended once and refused once more.
    if (fault) world.sandbox.replicate.addFault({ on: 'create', kind: 'http-422' }, 2);
    const card = await world.generate(options, by);
    await world.whenCard(card, ends);
  }
}

async function clearAll(world: World): Promise<string> {
  const question = await run(world, 'jobs', { subcommand: 'clear', by: 'moderator' });
  const label = [...world.buttons(question).keys()].find((words) => words.startsWith('Clear')) ?? 'Clear';
  await world.press(question, label, 'moderator');
  await world.whenCard(question, /Cleared/);
  return question;
}
