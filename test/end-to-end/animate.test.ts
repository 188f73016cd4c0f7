/** From a picture to a video: `/animate` and the `Animate` button, with the real bot as a process of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SandboxMessage } from '../../sandbox/interface.ts';
import { answerOf, choose, drawPicture, forge, pickPicture, selectOf } from './picking.ts';
import { picturesOf, textOf, World, type Person } from './world.ts';

/** A video takes seconds, and most of these tests are over when it is begun. */
const MANY = { USER_RUNNING_LIMIT: '30', USER_WAITING_LIMIT: '30', CONCURRENCY: '30' };
const PROMPT = 'a red boat on a lake';

/** The job id a card names. */
function jobIdOf(world: World, card: string): string {
  const [, id] = /`([a-z0-9]{12})`/.exec(world.text(card)) ?? [];
  assert.ok(id !== undefined, 'the card names its job');
  return id;
}

async function made(world: World, options: Record<string, string | number | boolean>, by: Person = 'member') {
  const card = await world.generate({ prompt: PROMPT, ...options }, by);
  await world.whenCard(card, /### Done/);
  return card;
}

function isRefused({ ephemeralFor, message }: SandboxMessage, user: string, words: RegExp): void {
  assert.equal(ephemeralFor, user, 'only the asker sees it');
  assert.match(textOf(message), words);
}

/** Videos that were paid for. */
function videos(world: World): { model: string; input: Record<string, unknown> }[] {
  return world.predictions().filter(({ model }) => /seedance/.test(model));
}

/** The input of the newest video, once there are so many. */
async function whenVideos(world: World, count: number): Promise<Record<string, unknown>> {
  await world.waitUntil(`${count} videos are paid for`, () => videos(world).length >= count);
  assert.equal(videos(world).length, count);
  return videos(world).at(-1)?.input ?? {};
}

test('/animate makes a video of a picture', async (context) => {
  const world = await World.start(context, { env: MANY });
  const me = world.userId('member');
  const animate = (options: Parameters<World['generate']>[0], by: Person = 'member'): Promise<SandboxMessage> =>
    world.run({ name: 'animate', options }, by);
  let first = '';

  await context.test('that was attached, gently moving where nothing was said', async () => {
    const card = await animate({ image: await pickPicture(), duration: 5, aspect_ratio: '16:9' });
    const input = await whenVideos(world, 1);
    assert.match(String(input['prompt']), /gentle, natural motion/);
    assert.ok(typeof input['image'] === 'string', 'it starts from the picture');
    assert.equal(input['duration'], 5);
    first = card.message.id;
  });

  await context.test('of an earlier job, by its id, with its prompt or another one', async () => {
    const id = jobIdOf(world, await made(world, { private: true }));
    const card = await animate({ job: `\`${id}\`` });
    assert.equal(card.ephemeralFor, me, 'what comes of a private picture is private');
    assert.equal((await whenVideos(world, 2))['prompt'], PROMPT);
    const open = await animate({ job: id, prompt: 'waves roll in', private: false });
    assert.equal(open.ephemeralFor, null);
    assert.equal((await whenVideos(world, 3))['prompt'], 'waves roll in');
    isRefused(await animate({ job: id }, 'member2'), world.userId('member2'), /do not know this job/);
  });

  await context.test('of several that were made together, after a question that keeps what was typed', async () => {
    const id = jobIdOf(world, await made(world, { count: 2 }));
    const asked = await animate({ job: id, prompt: 'fireworks', duration: 10, private: true });
    assert.equal(asked.ephemeralFor, me);
    assert.deepEqual(
      selectOf(asked).options.map(({ label }) => label),
      ['Picture 1', 'Picture 2'],
    );
    assert.equal(picturesOf(asked.message).length, 2, 'it shows what there is to choose');
    const card = answerOf(world, await choose(world, asked, 'Picture 2'));
    assert.equal(card.ephemeralFor, me);
    const input = await whenVideos(world, 4);
    assert.equal(input['prompt'], 'fireworks');
    assert.equal(input['duration'], 10);
  });

  await context.test('by the service that has the model, where only the model was named', async () => {
    await animate({ image: await pickPicture(), model: 'gemini-omni-1.1-flash' });
    const begun = (): number => world.sandbox.gemini.generations().filter(({ kind }) => kind === 'video').length;
    await world.waitUntil('the video is begun', () => begun() === 1);
  });

  await context.test('and offers models that make videos, and jobs that have a picture', async () => {
    const { discord } = world.sandbox;
    const offer = async (focused: string, typed: string): Promise<string[]> => {
      const ask = { userId: me, channelId: world.channelId, name: 'animate', options: { [focused]: typed }, focused };
      return (await discord.autocomplete(ask)).map(({ name }) => name);
    };
    const models = await offer('model', '');
    assert.ok(models.some((name) => name.includes('seedance')) && models.some((name) => name.includes('gemini-omni')));
    assert.ok(!models.some((name) => name.includes('flux-schnell')), 'none that makes pictures');
    const jobs = await offer('job', 'boat');
    assert.equal(jobs.length, 2, 'two jobs with pictures, none of the videos');
  });

  await context.test('or says in a sentence why there is none, and pays nothing', async () => {
    const refusal = async (options: Parameters<typeof animate>[0], words: RegExp): Promise<void> =>
      isRefused(await animate(options), me, words);
    await refusal({}, /exactly one/);
    await refusal({ image: await pickPicture(), job: 'abc' }, /exactly one/);
    await refusal({ job: 'nothing0here' }, /do not know this job/);
    const shared = jobIdOf(world, await made(world, {}));
    const abroad = world.sandbox.discord.guilds[1]?.channels[0]?.id ?? '';
    const foreign = await world.run({ name: 'animate', options: { job: shared } }, 'outsider', abroad);
    isRefused(foreign, world.userId('outsider'), /do not know this job/);
    const video = await animate({ image: await pickPicture(), prompt: 'a short film' });
    await refusal({ job: jobIdOf(world, video.message.id) }, /video already/);
    const data = (await drawPicture('red')).subarray(0, 200).toString('base64');
    await refusal({ image: { name: 'cut.png', contentType: 'image/png', data } }, /cannot be used: it is broken/);
    await whenVideos(world, 5);
    world.sandbox.replicate.setPace({ queueMs: 100, workMs: 60_000 });
    const open = await world.generate({ prompt: 'a slow one' });
    await refusal({ job: jobIdOf(world, open) }, /not finished yet/);
    await world.press(open, 'Cancel');
    await world.whenCard(open, /Cancelled/);
    await refusal({ job: jobIdOf(world, open) }, /has no picture/);
    assert.equal(videos(world).length, 5, 'the film alone was paid for');
  });

  await context.test('that the card shows when it is done', async () => {
    await world.whenCard(first, /### Done/);
    assert.equal(picturesOf(world.message(first).message).length, 1);
  });
});

test('Animate and Again on a card', async (context) => {
  const world = await World.start(context, { env: MANY });
  const several = await made(world, { count: 2 });

  await context.test('of one picture make a card at once, for whoever pressed', async () => {
    const card = await made(world, {});
    const video = await world.pressForMessage(card, 'Animate', 'member2');
    assert.equal(video.ephemeralFor, null);
    assert.match(world.text(video.message.id), new RegExp(world.userId('member2')));
    assert.equal((await whenVideos(world, 1))['prompt'], PROMPT);
  });

  await context.test('of several ask which; each choice is another card, one delivered twice is one', async () => {
    const asked = await world.pressForMessage(several, 'Animate');
    const once = await choose(world, asked, 'Picture 1');
    world.sandbox.discord.replay(once.interactionId);
    const twice = await choose(world, asked, 'Picture 1');
    assert.notEqual(answerOf(world, once).message.id, answerOf(world, twice).message.id);
    await whenVideos(world, 3);
  });

  await context.test('let nobody but the one who was asked answer', async () => {
    const asked = await world.pressForMessage(several, 'Animate');
    const forged = answerOf(world, await forge(world, asked, 'member2'));
    isRefused(forged, world.userId('member2'), /Only the one who was asked/);
    await whenVideos(world, 3);
  });

  await context.test('Again makes all of them, or one of them, with new seeds', async () => {
    const asked = await world.pressForMessage(several, 'Again', 'member2');
    assert.deepEqual(
      selectOf(asked).options.map(({ label }) => label),
      ['All of them', 'Picture 1', 'Picture 2'],
    );
    assert.equal(picturesOf(asked.message).length, 2);
    const seeds = world.predictions().map(({ input }) => input['seed']);
    const one = answerOf(world, await choose(world, asked, 'Picture 2', 'member2'));
    const all = answerOf(world, await choose(world, asked, 'All of them', 'member2'));
    await world.whenCard(one.message.id, /### Done/);
    await world.whenCard(all.message.id, /### Done/);
    assert.equal(picturesOf(world.message(one.message.id).message).length, 1);
    assert.equal(picturesOf(world.message(all.message.id).message).length, 2);
    const fresh = world.predictions().slice(seeds.length);
    assert.ok(fresh.every(({ input }) => !seeds.includes(input['seed'])));
  });
});
