/** What members do while the bot dies and comes back: the table of acts, and each act. Nobody waits for an answer. */
import type { PickedFile } from '../../sandbox/interface.ts';
import { buttonsOf } from '../end-to-end/world.ts';
import { listFinished, readChannel, type SeenCard } from './cards.ts';
import type { Spoiled } from './faults.ts';
import type { Members } from './members.ts';
import { drawImageWish, drawListingWish, drawVideoWish, ONE_OF_EACH, pickPicture, type WishSource } from './wishes.ts';

interface Act {
  weight: number;
  run: (crowd: Crowd) => void;
}

/** The members, and what they have at hand. */
export interface Crowd {
  members: Members;
  /** Files to start from. */
  pictures: readonly PickedFile[];
  /** Something of what this service is asked for next will fail for good. */
  spoil: (service: Spoiled) => void;
}

export const ACTS: readonly Act[] = [
  { weight: 24, run: generate },
  { weight: 4, run: generateTwins },
  { weight: 4, run: giveReference },
  { weight: 3, run: listProduct },
  { weight: 5, run: askForSpoiledSet },
  { weight: 4, run: animateFile },
  { weight: 3, run: animateJob },
  { weight: 2, run: openMenu },
  { weight: 4, run: showAgain },
  { weight: 3, run: browse },
  { weight: 24, run: press },
  { weight: 10, run: choose },
  { weight: 4, run: replay },
];

/** By label. One label of those to be seen is drawn, then one of its buttons: what is rarely there is pressed too. */
const PRESS_WEIGHTS: Readonly<Record<string, number>> = {
  Cancel: 6,
  Retry: 6,
  'Retry failed': 10,
  'Fallback: local': 4,
  'Fallback: gemini': 4,
  'Fallback: replicate': 4,
  'Retry: gemini': 2,
  'Retry: replicate': 2,
  Again: 3,
  Animate: 3,
  Download: 1,
  Details: 1,
  'Edit prompt': 3,
  'Post here': 5,
};
const DOUBLE_CLICKS = 0.2;
/** Many look and go away again. */
const SUBMIT_SHARE = 0.6;
/** The newest are looked at; older ones have scrolled away. */
const NEWEST = 12;
const MENUS = ['Animate image', 'Use as reference'] as const;

/** Draws one. */
export function act(crowd: Crowd): void {
  crowd.members.random.pickRow(ACTS).run(crowd);
}

function generate({ members, ...crowd }: Crowd): void {
  const user = members.anyone();
  const options = { prompt: members.prompt(), ...drawImageWish(sourceOf({ members, ...crowd })) };
  if (members.isRoom()) void members.command(user, 'generate', options);
}

/** Two members ask for the very same at once: equal requests must not take each other's work. */
function generateTwins({ members, ...crowd }: Crowd): void {
  const users = [members.anyone(), members.anyone()];
  const wish = drawImageWish(sourceOf({ members, ...crowd }));
  const options = { prompt: members.prompt(), ...wish, seed: members.random.integer(1, 1_000) };
  if (members.isRoom()) for (const user of users) void members.command(user, 'generate', options);
}

export function giveReference(crowd: Crowd): void {
  const { members } = crowd;
  const options = { prompt: members.prompt(), ...pickPicture(sourceOf(crowd)) };
  void members.command(members.anyone(), 'generate', options);
}

function listProduct(crowd: Crowd): void {
  const { members } = crowd;
  const user = members.anyone();
  const options = { title: members.prompt('a stoneware mug'), ...drawListingWish(sourceOf(crowd)) };
  if (members.isRoom()) void members.command(user, 'listing', options);
}

/** Several pictures, of which one is going to fail: the card is partly done. */
function askForSpoiledSet({ members, spoil }: Crowd): void {
  const user = members.anyone();
  const provider = members.random.pick(['replicate', 'gemini'] as const) ?? 'replicate';
  const options = { prompt: members.prompt(), provider, count: members.random.integer(2, 4) };
  if (!members.isRoom()) return;
  spoil(provider);
  void members.command(user, 'generate', options);
}

function animateFile(crowd: Crowd): void {
  const { members } = crowd;
  const user = members.anyone();
  const source = sourceOf(crowd);
  const options = { prompt: members.prompt('the boat sails away'), ...drawVideoWish(source), ...pickPicture(source) };
  if (members.isRoom()) void members.command(user, 'animate', options);
}

function animateJob(crowd: Crowd): void {
  const { members } = crowd;
  const { user, card } = pickFinished(crowd);
  const options = { prompt: members.prompt('the wind rises'), ...drawVideoWish(sourceOf(crowd)) };
  if (card !== null && members.isRoom()) void members.command(user, 'animate', { ...options, job: card.jobId });
}

/** A command of the menu of a card. */
function openMenu(crowd: Crowd): void {
  const { members } = crowd;
  const { user, card } = pickFinished(crowd);
  const name = members.random.pick(MENUS) ?? '';
  if (card === null || !members.isRoom()) return;
  void members.menu(user, name, card.messageId).then((outcome) => members.fillIn(user, outcome));
}

/** A finished card once more. */
export function showAgain(crowd: Crowd): void {
  const { user, card } = pickFinished(crowd);
  if (card !== null) void crowd.members.command(user, 'show', { job: card.jobId });
}

function browse({ members }: Crowd): void {
  void members.command(members.anyone(), 'gallery', {});
}

/** Any button of any message by anybody, now and then as a double click. */
function press({ members }: Crowd): void {
  const user = members.anyone();
  const clicks = members.random.chance(DOUBLE_CLICKS) ? 2 : 1;
  const submits = members.random.chance(SUBMIT_SHARE);
  const chosen = drawButton(members, user, PRESS_WEIGHTS);
  if (chosen === null) return;
  for (let click = 0; click < clicks; click++) pressOnce(members, chosen, submits);
}

/** `Again` or `Animate` of several pictures: a private select asks which. */
export function askWhich({ members }: Crowd): void {
  const user = members.anyone();
  const several = listFinished(members.sandbox, user).filter(({ card }) => card.media > 1);
  const chosen = members.random.pick(several.slice(-NEWEST));
  const label = members.random.chance(0.7) ? 'Animate' : 'Again';
  const customId = chosen?.buttons.get(label);
  if (chosen === undefined || customId === undefined) return;
  void members.press(label, { userId: user, messageId: chosen.card.messageId, customId });
}

/** What failed of a set is made again. */
export function retryFailed({ members }: Crowd): void {
  const chosen = drawButton(members, members.anyone(), { 'Retry failed': 1, 'Fallback: local': 1 });
  if (chosen !== null) pressOnce(members, chosen, false);
}

/** Of what asks somebody which picture or job: one of them. Also from a select that was answered before. */
function choose({ members }: Crowd): void {
  const select = members.random.pick(members.listSelects().slice(-NEWEST));
  const value = members.random.pick(select?.values ?? []);
  if (select === undefined || value === undefined || !members.isRoom()) return;
  void members.choose({ ...select, values: [value] });
}

function replay({ members }: Crowd): void {
  members.replay();
}

/** For the first member. Resolves when all are sent and answered, or not. */
export async function askOneOfEach({ members, pictures }: Crowd): Promise<void> {
  const [user = ''] = members.ids;
  const [image] = pictures;
  for (const { name, options, hasPicture } of ONE_OF_EACH) {
    const start = hasPicture && image !== undefined ? { image } : {};
    await members.command(user, name, { prompt: members.prompt(), ...options, ...start });
  }
}

interface Button {
  label: string;
  userId: string;
  messageId: string;
  customId: string;
}

/** null: none of these labels is to be seen. */
function drawButton(members: Members, userId: string, weights: Readonly<Record<string, number>>): Button | null {
  const byLabel = new Map<string, Button[]>();
  for (const { message } of readChannel(members.sandbox, [userId])) {
    for (const [label, customId] of buttonsOf(message)) {
      if (weights[label] === undefined) continue;
      byLabel.set(label, [...(byLabel.get(label) ?? []), { label, userId, messageId: message.id, customId }]);
    }
  }
  const rows = [...byLabel].map(([label, buttons]) => ({ weight: weights[label] ?? 0, buttons }));
  if (rows.length === 0) return null;
  return members.random.pick(members.random.pickRow(rows).buttons.slice(-NEWEST)) ?? null;
}

function pressOnce(members: Members, { label, ...use }: Button, submits: boolean): void {
  const pressed = members.press(label, use);
  if (submits) void pressed.then((outcome) => members.fillIn(use.userId, outcome));
}

function pickFinished({ members }: Crowd): { user: string; card: SeenCard | null } {
  const user = members.anyone();
  const cards = listFinished(members.sandbox, user).map(({ card }) => card);
  return { user, card: members.random.pick(cards.slice(-NEWEST)) ?? null };
}

function sourceOf({ members: { random }, pictures }: Crowd): WishSource {
  return { random, pictures };
}
