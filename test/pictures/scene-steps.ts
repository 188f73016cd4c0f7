/** What scenes are made of: their shape, the prompts they share, and what people do in more than one of them. */
import type { Locator, Page } from 'playwright-core';
import type { CommandOptions, InteractionOutcome, PickedFile } from '../../sandbox/interface.ts';
import { readSample } from '../../sandbox/samples.ts';
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
export const WIDE = { aspect_ratio: '21:9' };
export const SUNSET = { prompt: 'a beautiful sunset over mountains', ...WIDE };
export const HARBOUR = { prompt: 'a quiet harbour at night', ...WIDE };
export const LIGHTHOUSE = { prompt: 'a lighthouse in fog, watercolour', ...WIDE };
export const SLOW = { queueMs: 0, workMs: 60_000 };
export const MUG = {
  title: 'Red stoneware mug',
  feature_1: 'keeps coffee warm for an hour',
  feature_2: 'fits under every machine',
  feature_3: 'safe in the dishwasher',
  audience: 'people who work at home',
  keywords: 'stoneware mug, gift for coffee lovers:gift+buy',
};

export async function whenSays(world: World, options: CommandOptions, words: RegExp): Promise<string> {
  const card = await world.generate(options);
  await world.whenCard(card, words);
  return card;
}

/** One of the sandbox's samples, as a person picks it. */
export async function readPicture(name: string): Promise<PickedFile> {
  const bytes = await readSample(name);
  if (bytes === undefined) throw new Error(`Expected a sample of the sandbox, got ${name}.`);
  return { name, contentType: 'image/jpeg', data: bytes.toString('base64') };
}

/** With SLOW. */
export async function whenHalfWay(world: World, options: CommandOptions): Promise<string> {
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
export async function run(
  world: World,
  name: string,
  { subcommand, by = 'member', options = {} }: Run,
): Promise<string> {
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
export async function makeHistory(world: World): Promise<void> {
  for (const { by, options, ends, fault } of HISTORY) {
    // Mended once and refused once more.
    if (fault) world.sandbox.replicate.addFault({ on: 'create', kind: 'http-422' }, 2);
    const card = await world.generate(options, by);
    await world.whenCard(card, ends);
  }
}

export async function clearAll(world: World): Promise<string> {
  const question = await run(world, 'jobs', { subcommand: 'clear', by: 'moderator' });
  const label = [...world.buttons(question).keys()].find((words) => words.startsWith('Clear')) ?? 'Clear';
  await world.press(question, label, 'moderator');
  await world.whenCard(question, /Cleared/);
  return question;
}
