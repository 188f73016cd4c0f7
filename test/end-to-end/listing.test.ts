/** `/listing` from the command to five pictures, with the real bot as a process of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { picturesOf, shareWorld, textOf, World } from './world.ts';

const MUG = {
  title: 'Blue ceramic mug',
  feature_1: 'keeps coffee warm for 3 hours',
  feature_2: 'fits every cup holder',
  audience: 'people who work at night',
  keywords: 'travel mug:gift+office, coffee cup',
};
const TEXTS = Object.entries(MUG).flatMap(([name, text]) => (name === 'keywords' ? [] : [text]));
/** Words that only the template of this item has. */
const OPENINGS: Readonly<Record<string, string>> = {
  main: 'Main product photograph',
  infographic_1: 'Product infographic',
  infographic_2: 'Second product infographic',
  lifestyle: 'Lifestyle photograph',
  comparison: 'Comparison picture',
};
/** A tenth of the seconds that are the default. */
const TENTH = { RETRY_BASE_SECONDS: '0.1', RETRY_MAX_SECONDS: '0.8' };

const share = shareWorld({ pace: { queueMs: 20, workMs: 120 } });

async function list(world: World, options: Parameters<World['command']>[0] = {}): Promise<string> {
  return (await world.run({ name: 'listing', options: { ...MUG, ...options } })).message.id;
}

/** The prompts sent for an item, in their order. */
function promptsOf(world: World, item: string): string[] {
  const prompts = world.predictions().map(({ input }) => String(input['prompt']));
  return prompts.filter((prompt) => prompt.startsWith(OPENINGS[item] ?? '?'));
}

function countPrompts(world: World): Record<string, number> {
  return Object.fromEntries(Object.keys(OPENINGS).map((item) => [item, promptsOf(world, item).length]));
}

function failNext(world: World, item: string, times: number): void {
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'fails', prompt: OPENINGS[item] ?? '?' }, times);
}

test('a product becomes five pictures on one card; one that fails for ever is told by name and made again alone', async (context) => {
  const world = await World.start(context, { env: TENTH, pace: { queueMs: 20, workMs: 120 } });
  failNext(world, 'infographic_2', 4);
  failNext(world, 'lifestyle', 2);
  const card = await list(world);
  const partial = await world.whenCard(card, /^### Partly done · 4 of 5/m);
  assert.match(partial, /\*\*Missing: Infographic 2\.\*\* .*\n-# \[API_ERROR\] · Retries: 3\/3/);
  assert.match(partial, /Blue ceramic mug/);
  assert.deepEqual(
    [...world.buttons(card).keys()],
    ['Download', 'Retry failed', 'Fallback: local', 'Fallback: gemini', 'Details'],
  );
  assert.equal(picturesOf(world.message(card).message).length, 4);
  const once = { main: 1, infographic_1: 1, comparison: 1 };
  assert.deepEqual(countPrompts(world), { ...once, infographic_2: 4, lifestyle: 3 });
  for (const { input } of world.predictions()) {
    for (const text of TEXTS) assert.ok(String(input['prompt']).includes(text), text);
    assert.equal(input['aspect_ratio'], '1:1');
  }
  assert.deepEqual(
    promptsOf(world, 'infographic_2').map((prompt) => /\[VARIATION: .*\]/.exec(prompt)?.[0]),
    [
      undefined,
      '[VARIATION: Emphasize clarity and simplicity]',
      '[VARIATION: Focus on product detail and precision]',
      '[VARIATION: Prioritize clean composition]',
    ],
  );
  assertLogged(world);

  await world.press(card, 'Retry failed');
  await world.whenCard(card, /^### Done/m);
  assert.deepEqual(countPrompts(world), { ...once, infographic_2: 5, lifestyle: 3 });
  assert.equal(picturesOf(world.message(card).message).length, 5);
  assert.equal(world.messages().length, 1);
  const { message } = await world.pressForMessage(card, 'Download');
  const names = message.attachments.map(({ filename }) => filename);
  for (const item of Object.keys(OPENINGS))
    assert.ok(
      names.some((name) => name.startsWith(`generated_image_blue_ceramic_mug_${item}.`)),
      names.join(),
    );
});

/** Each failure of the item that never came, with what a reader of the log needs. */
function assertLogged(world: World): void {
  const lines = world.bot.logs().filter((line) => line['item'] === 'infographic_2' && 'errorCode' in line);
  assert.deepEqual(
    lines.map((line) => [line['to'], line['retryCount'], line['errorCode']]),
    [
      ['waiting', 1, 'API_ERROR'],
      ['waiting', 2, 'API_ERROR'],
      ['waiting', 3, 'API_ERROR'],
      ['failed', 3, 'MAX_RETRIES_EXCEEDED'],
    ],
  );
  const tenths = lines.slice(0, 3).map((line) => Math.floor(Number(line['delayMs']) / 100));
  assert.deepEqual(tenths, [1, 2, 4], 'each wait is twice the one before');
  for (const line of lines) {
    assert.match(String(line['jobId']), /^[a-z0-9]{12}$/);
    assert.match(String(line['errorMessage']), /trouble of its own/);
    assert.match(String(line['promptHash']), /^[0-9a-f]{16}$/);
  }
  const hashes = world.bot.logs().flatMap((line) => ('promptHash' in line ? [line['promptHash']] : []));
  assert.equal(new Set(hashes).size, 2, 'one for each of the two prompts that failed');
}

test('Fallback: local fills in only what is missing, and the first service can be asked for just that', async (context) => {
  const world = await World.start(context, { env: { MAX_RETRIES: '0' }, pace: { queueMs: 20, workMs: 120 } });
  failNext(world, 'comparison', 1);
  const card = await list(world);
  await world.whenCard(card, /^### Partly done · 4 of 5/m);
  await world.press(card, 'Fallback: local');
  const done = await world.whenCard(card, /^### Done/m);
  assert.match(done, /Replicate could not make Comparison, so the bot painted a preview instead\./);
  assert.match(done, /Replicate \+ Local preview/);
  assert.equal(world.predictions().length, 5, 'nothing was paid for the preview');
  assert.equal(picturesOf(world.message(card).message).length, 5);

  const again = (await world.pressForMessage(card, 'Retry: replicate')).message.id;
  assert.notEqual(again, card, 'the finished card stays as it is');
  await world.whenCard(again, /^### Done/m);
  assert.equal(countPrompts(world)['comparison'], 2);
  assert.equal(world.predictions().length, 6, 'only the preview was made anew');
});

test('FALLBACK=auto fills in what is missing by itself, free of charge', async (context) => {
  const env = { MAX_RETRIES: '0', FALLBACK: 'auto' };
  const world = await World.start(context, { env, pace: { queueMs: 20, workMs: 120 } });
  failNext(world, 'main', 1);
  failNext(world, 'lifestyle', 1);
  const card = await list(world);
  const done = await world.whenCard(card, /^### Done/m);
  assert.match(done, /Replicate could not make Main and Lifestyle, so the bot painted previews instead\./);
  assert.equal(world.predictions().length, 5);
  assert.equal(world.messages().length, 1);
});

test('killed in the middle of a set: the same card is finished, and nothing is paid twice', async () => {
  const world = await share();
  world.setPace({ queueMs: 20, workMs: 1_000 });
  const card = await list(world);
  await world.whenCard(card, /^### Generating · [2-4] of 5/m);
  assert.ok(picturesOf(world.message(card).message).length >= 2, 'what is done is shown already');
  await world.waitUntil('more of it is under way', () =>
    world.predictions().some(({ status }) => status !== 'succeeded'),
  );
  await world.kill();
  await world.startAgain();
  await world.whenCard(card, /^### Done/m);
  assert.deepEqual(Object.values(countPrompts(world)), [1, 1, 1, 1, 1]);
  assert.equal(picturesOf(world.message(card).message).length, 5);
});

test('a picture of the product goes along with each of the five, and Edit prompt asks for another product from the same picture', async () => {
  const world = await share();
  world.setPace({ queueMs: 20, workMs: 50 });
  const photo = sharp({ create: { width: 400, height: 300, channels: 3, background: '#2f6fd6' } });
  const image = {
    name: 'mug.png',
    contentType: 'image/png',
    data: (await photo.png().toBuffer()).toString('base64'),
  };
  const card = await list(world, { image, provider: 'gemini' });
  const done = await world.whenCard(card, /^### Done/m);
  assert.match(done, /from a picture you gave/);
  const generations = world.generations();
  assert.deepEqual(
    generations.map(({ images, prompt }) => [images, prompt.includes('exactly as in the reference picture')]),
    Array.from({ length: 5 }, () => [1, true]),
  );

  const opened = await world.press(card, 'Edit prompt', 'member2');
  const form = opened.status === 'answered' ? JSON.stringify(opened.modal) : '';
  for (const text of TEXTS) assert.ok(form.includes(text), `the form holds ${text}`);
  const typed = { title: 'Green glass jar', feature_1: 'closes tight', feature_2: '', feature_3: '', audience: '' };
  const edited = await world.submitForm(opened, typed, 'member2');
  assert.notEqual(edited, card);
  await world.whenCard(edited, /^### Done/m);
  const later = world.generations().slice(5);
  assert.equal(later.length, 5);
  for (const { prompt, images } of later) {
    assert.equal(images, 1);
    assert.match(prompt, /- Title: Green glass jar\n- Feature: closes tight\n- Buyers search for: travel mug/);
    for (const text of TEXTS) assert.ok(!prompt.includes(text), `${text} is gone`);
  }
});

test('what cannot be read of a product is said in one private sentence, and nothing is made', async () => {
  const world = await share();
  const refuse = async (options: Record<string, string>, pattern: RegExp): Promise<void> => {
    const { message, ephemeralFor } = await world.run({ name: 'listing', options: { ...MUG, ...options } });
    assert.equal(ephemeralFor, world.userId('member'));
    assert.match(textOf(message), pattern);
  };
  await refuse({ title: '\u200B ' }, /^The title is empty\./m);
  await refuse({ keywords: 'mug, :gift' }, /no word before the colon of `:gift`/);
  await refuse({ keywords: 'a,b,c,d,e,f,g,h,i,j,k,l,m' }, /more than 12 `keywords`, from `m` on/);
  assert.equal(world.predictions().length, 0);
});
