/** `Animate image` and `Use as reference`, in the menu of a message, with the real bot as a process of its own. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openDatabase } from '../../src/store/database.ts';
import { openDraftStore } from '../../src/store/draft-store.ts';
import type { InteractionOutcome, SandboxPrediction } from '../../sandbox/interface.ts';
import { answerOf, choose, draftFiles, drawPicture, openMenu, post, selectOf, startSlowHost } from './picking.ts';
import { picturesOf, textOf, World } from './world.ts';

const ANIMATE = 'Animate image';
const USE = 'Use as reference';
/** The usual model makes pictures from words alone. */
const ENV = { REPLICATE_IMAGE_MODEL: 'google/nano-banana', USER_RUNNING_LIMIT: '30', CONCURRENCY: '30' };

function start(context: TestContext): Promise<World> {
  return World.start(context, { env: ENV });
}

async function postPictures(world: World, count: number): Promise<string> {
  const colours = ['teal', 'tomato', 'gold'].slice(0, count);
  const files = colours.map(async (name) => ({ name: `${name}.png`, bytes: await drawPicture(name) }));
  return post(world, { files: await Promise.all(files) });
}

/** The picture that a prediction starts from, as bytes of the sandbox's Replicate or in the input itself. */
function startsFromPicture({ input }: SandboxPrediction): boolean {
  return JSON.stringify(input).includes('http') || JSON.stringify(input).includes('data:image');
}

async function whenPredictions(world: World, count: number): Promise<SandboxPrediction> {
  await world.waitUntil(`${count} predictions are paid for`, () => world.predictions().length >= count);
  assert.equal(world.predictions().length, count);
  return world.predictions().at(-1) as SandboxPrediction;
}

function assertRefused(world: World, outcome: InteractionOutcome, words: RegExp, by: 'member' | 'member2' = 'member') {
  const { ephemeralFor, message } = answerOf(world, outcome);
  assert.equal(ephemeralFor, world.userId(by), 'only the asker sees it');
  assert.match(textOf(message), words);
}

/** The labels of the select in a form, and the chosen one. */
function formSelect(outcome: InteractionOutcome): { labels: string[]; chosen: string | undefined } | null {
  assert.ok(outcome.status === 'answered' && outcome.modal !== null, 'the menu opened a form');
  const parts = outcome.modal.components as { component?: { options?: { label: string; default?: boolean }[] } }[];
  const options = parts.flatMap(({ component }) => component?.options ?? []);
  if (options.length === 0) return null;
  return { labels: options.map(({ label }) => label), chosen: options.find((each) => each.default)?.label };
}

test('the menu of a message starts from what the message shows', async (context) => {
  const world = await start(context);
  const [one, three] = [await postPictures(world, 1), await postPictures(world, 3)];

  await context.test('Animate image makes a video of its one picture at once', async () => {
    const card = answerOf(world, await openMenu(world, one, ANIMATE));
    assert.equal(card.ephemeralFor, null);
    const video = await whenPredictions(world, 1);
    assert.match(String(video.input['prompt']), /gentle, natural motion/);
    assert.ok(startsFromPicture(video));
  });

  await context.test('of several it asks which, and shows them', async () => {
    const asked = answerOf(world, await openMenu(world, three, ANIMATE, 'member2'));
    assert.equal(asked.ephemeralFor, world.userId('member2'));
    assert.deepEqual(
      selectOf(asked).options.map(({ label, description }) => `${label}: ${description}`),
      ['Picture 1: teal.png', 'Picture 2: tomato.png', 'Picture 3: gold.png'],
    );
    assert.equal(picturesOf(asked.message).length, 3);
    await choose(world, asked, 'Picture 3', 'member2');
    await whenPredictions(world, 2);
  });

  await context.test('Use as reference asks for the prompt, and makes a picture that starts from it', async () => {
    const opened = await openMenu(world, one, USE);
    assert.equal(formSelect(opened), null, 'one picture needs no choice');
    const card = await world.submitForm(opened, { prompt: 'the same at night' });
    const made = await whenPredictions(world, 3);
    assert.equal(made.input['prompt'], 'the same at night');
    assert.ok(startsFromPicture(made));
    await world.whenCard(card, /### Done/);
  });

  await context.test('and asks in the same form which of several, with the first one chosen', async () => {
    const opened = await openMenu(world, three, USE);
    assert.deepEqual(formSelect(opened), { labels: ['Picture 1', 'Picture 2', 'Picture 3'], chosen: 'Picture 1' });
    await world.submitForm(opened, { prompt: 'in gold', picture: '1' });
    await whenPredictions(world, 4);
  });

  await context.test('says so where a message has no picture that can be used', async () => {
    const words = await post(world, {});
    assertRefused(world, await openMenu(world, words, ANIMATE), /no picture in this message/);
    assertRefused(world, await openMenu(world, words, USE), /no picture in this message/);
    const cut = (await drawPicture('red')).subarray(0, 200);
    const hostile = await post(world, { files: [{ name: 'cut.png', bytes: cut }] });
    assertRefused(world, await openMenu(world, hostile, ANIMATE), /cannot be used: it is broken/);
    assert.equal(world.predictions().length, 4, 'nothing was paid for it');
  });

  await context.test('takes the originals of a card, and never those of a card that is private', async () => {
    const card = await world.generate({ prompt: 'a red boat', count: 2 });
    await world.whenCard(card, /### Done/);
    const asked = answerOf(world, await openMenu(world, card, ANIMATE, 'member2'));
    assert.equal(selectOf(asked).options.length, 2);
    await choose(world, asked, 'Picture 2', 'member2');
    assert.equal((await whenPredictions(world, 7)).input['prompt'], 'a red boat', 'its prompt says what moves');
    const own = await world.generate({ prompt: 'a secret', private: true });
    await world.whenCard(own, /### Done/);
    const opened = await openMenu(world, own, USE);
    const hidden = await world.submitForm(opened, { prompt: 'another secret' });
    assert.equal(world.message(hidden).ephemeralFor, world.userId('member'), 'what comes of it is private');
  });
});

test('what waits for an answer outlives the bot and the links of its pictures, for a day', async (context) => {
  const world = await start(context);
  const host = await startSlowHost(context);
  const links = await postPictures(world, 2);
  const slow = await post(world, { embedded: [host.address('one.png')] });
  const card = await world.generate({ prompt: 'a red boat', count: 2 });
  await world.whenCard(card, /### Done/);
  const form = await openMenu(world, links, USE);
  const select = answerOf(world, await openMenu(world, links, ANIMATE));
  const animate = await world.pressForMessage(card, 'Animate');
  const again = await world.pressForMessage(card, 'Again');
  await whenCopied(world, 3);
  world.sandbox.discord.deleteMessage(links);
  const waiting = await openMenu(world, slow, USE);
  const soon = await openMenu(world, slow, USE);
  const queued = await world.submitForm(soon, { prompt: 'a slow one' });
  assert.match(world.text(queued), /Queued/, 'the card stands while its picture is fetched');
  const asked = host.asked();
  await world.kill();
  await world.startAgain();

  await context.test('a copy that was cut goes on, for a draft as for the job it became', async () => {
    await world.waitUntil('all three are fetched again', () => host.asked() === asked + 3);
    assert.equal(world.predictions().length, 2, 'nothing is paid for before the picture is there');
    host.release();
    await world.whenCard(queued, /### Done/);
    await world.submitForm(waiting, { prompt: 'another' });
    await whenPredictions(world, 4);
  });

  await context.test('selects and forms of before are answered, with pictures whose links have ended', async () => {
    await world.submitForm(form, { prompt: 'as it was', picture: '1' });
    await choose(world, select, 'Picture 2');
    await choose(world, animate, 'Picture 2');
    const one = answerOf(world, await choose(world, again, 'Picture 2'));
    await whenPredictions(world, 8);
    await world.whenCard(one.message.id, /### Done/);
  });

  await context.test('after a day they are closed, and their files are gone', async () => {
    await world.kill();
    await ageDrafts(world);
    const stray = join(world.sandbox.folder, 'assets', 'draftzzzzzzzzzzzz');
    mkdirSync(stray, { recursive: true });
    writeFileSync(join(stray, 'reference-0-0000000000000000.jpg'), 'of a draft that is gone');
    await world.startAgain();
    await world.waitUntil('the files are gone', () => draftFiles(world).length === 0);
    assertRefused(world, await choose(world, select, 'Picture 1'), /Choose the picture anew/);
    assertRefused(world, await submitLate(world, form), /Choose the picture anew/);
    await whenPredictions(world, 8);
  });
});

/** Resolves when the pictures of so many drafts are files of their own. */
async function whenCopied(world: World, drafts: number): Promise<void> {
  const copied = (): number => world.bot.logs().filter(({ msg }) => /draft were copied/.test(String(msg))).length;
  await world.waitUntil(`the pictures of ${drafts} drafts are copied`, () => copied() === drafts);
}

async function submitLate(world: World, opened: InteractionOutcome): Promise<InteractionOutcome> {
  assert.ok(opened.status === 'answered' && opened.modal !== null);
  const { interactionId, modal } = opened;
  const values = { prompt: 'too late' };
  const userId = world.userId('member');
  return world.sandbox.discord.submitModal({ userId, interactionId, customId: modal.custom_id, values });
}

/** As if a day had passed while the bot was away. */
async function ageDrafts(world: World): Promise<void> {
  const database = await openDatabase({ url: world.env['STORE_URL'] ?? '' });
  const store = await openDraftStore({ database, onUnreadable: (_key, why) => assert.fail(why) });
  const drafts = await Promise.all(store.list().map(({ id }) => store.get(id)));
  for (const draft of drafts) {
    assert.ok(draft !== undefined);
    await store.save({ ...draft, expiresAt: draft.createdAt - 3_600_000 });
  }
  await database.close();
}
