/** The files on a card, as Discord has them: what is too large is shown smaller, and nothing is uploaded twice. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import sharp from 'sharp';
import type { RecordedRequest } from '../../sandbox/interface.ts';
import { moveTo, type Asset, type ItemStatus, type Job, type Reference } from '../../src/jobs/job.ts';
import { picturesOf } from '../end-to-end/world.ts';
import { RUNNING, setUpLive, STARTING, waitUntil, type LiveOptions, type LiveSetup } from './live-setup.ts';

const BY_TOKEN = { method: 'PATCH', route: /@original$/ };
const TOO_LARGE = { status: 413, code: 40005, message: 'x' };
const COLLECTING: ItemStatus = { state: 'collecting', operation: null, outputs: [] };
const SET = ['main', 'lifestyle', 'comparison'] as const;

/** Not compressed, so that it is as large as its pixels are many: 3 bytes each. */
async function paint(pixels: number): Promise<Buffer> {
  const side = Math.ceil(Math.sqrt(pixels));
  return sharp({ create: { width: side, height: side, channels: 3, background: '#a06040' } })
    .png({ compressionLevel: 0 })
    .toBuffer();
}

interface FileSetup extends LiveSetup {
  put(job: Job, bytes: Uint8Array, file?: { item?: string; mimeType?: string; extension?: string }): Promise<Asset>;
  /** Saves these states of one item; the last one is announced. */
  move(job: Job, item: string, ...states: ItemStatus[]): Promise<Job>;
  finishItem(job: Job, item: string, asset: Asset): Promise<Job>;
  /** What the card has attached. */
  files(messageId: string): { filename: string; size: number }[];
  altTexts(messageId: string): string[];
  /** Uploads to the card so far: the names of each edit that carried any. */
  uploads(): string[][];
  whenSettled(): Promise<void>;
}

async function setUp(context: TestContext, options: LiveOptions = {}): Promise<FileSetup> {
  const setup = await setUpLive(context, { rateLimits: false, channelIntervalMs: 0, ...options });
  const { stores, discord, live, clock } = setup;
  const messageOf = (id: string) => discord.getMessage(id)?.message;
  const move: FileSetup['move'] = async (job, item, ...states) => {
    let next = job;
    for (const to of states) {
      next = moveTo(next, { item, to, now: clock.now() }, () => 'sentence');
      await stores.jobs.save(next);
    }
    live.onSaved(next);
    return next;
  };
  const isUpload = ({ method, files }: RecordedRequest): boolean => method === 'PATCH' && files.length > 0;
  return {
    ...setup,
    put: (job, bytes, { item = 'image', mimeType = 'image/png', extension = '.png' } = {}) =>
      stores.assets.put({ jobId: job.id, item, index: 0, bytes, mimeType, extension }),
    move,
    finishItem: (job, item, asset) => move(job, item, STARTING, COLLECTING, { state: 'done', assets: [asset] }),
    files: (id) => (messageOf(id)?.attachments ?? []).map(({ filename, size }) => ({ filename, size })),
    altTexts: (id) => {
      const message = messageOf(id);
      return message === undefined ? [] : picturesOf(message).map(({ description }) => description);
    },
    uploads: () => discord.requests.filter(isUpload).map(({ files }) => files.map(({ name }) => name)),
    whenSettled: () => waitUntil(async () => (await stores.cards.listUnsettled()).length === 0),
  };
}

test('a picture larger than Discord takes is on its card as a smaller one that says so', async (context) => {
  const setup = await setUp(context);
  for (const isPrivate of [false, true]) {
    const { job, card } = await setup.openCard({ isPrivate });
    await setup.finishItem(job, 'image', await setup.put(job, await paint(4_000_000)));
    await setup.whenSettled();
    const [file, ...more] = setup.files(card.messageId);
    assert.deepEqual([file?.filename, more], [`${job.id}_image_preview.webp`, []]);
    assert.ok((file?.size ?? 0) < 1_000_000);
    assert.deepEqual(setup.altTexts(card.messageId), ['a beautiful sunset over mountains']);
    assert.match(
      setup.text(card.messageId),
      /The picture is 12\.0\sMB, larger than Discord takes; shown smaller\. It is kept/,
    );
    assert.deepEqual(setup.uploads().at(-1), [`${job.id}_image_preview.webp`]);
  }
});

test('a video larger than Discord takes shows the picture it starts from, and links to itself', async (context) => {
  const setup = await setUp(context, { linkTo: ({ id }, _asset, at) => `https://bot.example/${id}?until=${at}` });
  const start = await setup.stores.assets.put({
    jobId: 'start',
    item: 'reference',
    index: 0,
    bytes: await paint(10_000),
    mimeType: 'image/png',
    extension: '.png',
  });
  const picture = { asset: start, width: 100, height: 100, isFirstFrame: false };
  const reference: Reference = { name: '', fromJobId: null, state: 'kept', picture };
  const { job, card } = await setup.openCard({ references: [reference] });
  const video = { mimeType: 'video/mp4', extension: '.mp4' };
  await setup.finishItem(job, 'image', await setup.put(job, Buffer.alloc(11_000_000, 7), video));
  await setup.whenSettled();
  assert.deepEqual(
    setup.files(card.messageId).map(({ filename }) => filename),
    [`${job.id}_image_poster.webp`],
  );
  assert.deepEqual(setup.altTexts(card.messageId), [
    'The picture the video starts from: a beautiful sunset over mountains',
  ]);
  assert.match(
    setup.text(card.messageId),
    /11\.0\sMB, larger than Discord takes; the picture it starts from is shown\. \[Open the original\]\(<https:\/\/bot\.example\/\w+\?until=\d+>\); the link ends <t:\d+:R>, and/,
  );
});

test('a file that Discord finds too large all the same is shown smaller, and at last in words', async (context) => {
  const setup = await setUp(context);
  const endings: [refusals: number, files: RegExp[], words: RegExp][] = [
    [1, [/_preview\.webp$/], /Shown smaller; Download has the original\./],
    [2, [], /The picture cannot be shown here; Download has it\./],
  ];
  for (const [times, files, words] of endings) {
    const { job, card } = await setup.openCard();
    setup.discord.addFault({ ...BY_TOKEN, kind: TOO_LARGE, times });
    await setup.finishItem(job, 'image', await setup.put(job, await paint(10_000)));
    await setup.whenSettled();
    const shown = setup.files(card.messageId);
    assert.equal(shown.length, files.length);
    for (const [index, file] of files.entries()) assert.match(shown[index]?.filename ?? '', file);
    assert.match(setup.text(card.messageId), words);
    assert.match(setup.text(card.messageId), /sunset/, 'the prompt is still there');
  }
});

test('where no smaller picture can be made, and where a file is gone, the card is finished in words', async (context) => {
  const setup = await setUp(context);
  const { job, card } = await setup.openCard();
  await setup.finishItem(job, 'image', await setup.put(job, Buffer.alloc(11_000_000, 1)));
  await setup.whenSettled();
  assert.match(setup.text(card.messageId), /Done[^]*11\.0\sMB, larger than Discord takes\. It is kept/);

  const gone = await setup.openCard();
  const asset = await setup.put(gone.job, await paint(10_000));
  await rm(join(setup.folder, 'assets', asset.file));
  await setup.finishItem(gone.job, 'image', asset);
  await setup.whenSettled();
  assert.deepEqual(setup.files(gone.card.messageId), []);
  assert.match(setup.text(gone.card.messageId), /Done[^]*cannot be shown here/);
});

test('five pictures of 9 MB stand on one card: as many as fit as they are, the others smaller', async (context) => {
  const setup = await setUp(context);
  const names = ['main', 'infographic_1', 'infographic_2', 'lifestyle', 'comparison'] as const;
  const { job, card } = await setup.openCard({ itemNames: names });
  const bytes = await paint(3_000_000);
  let next = job;
  for (const item of names) {
    const asset = await setup.put(job, bytes, { item });
    const done: ItemStatus = { state: 'done', assets: [asset] };
    for (const to of [STARTING, COLLECTING, done]) {
      next = moveTo(next, { item, to, now: setup.clock.now() }, () => '');
    }
  }
  await setup.stores.jobs.save(next);
  setup.live.onSaved(next);
  await setup.whenSettled();
  const small = setup.files(card.messageId).filter(({ filename }) => filename.endsWith('_preview.webp'));
  assert.deepEqual([setup.files(card.messageId).length, small.length], [5, 3]);
  assert.match(setup.text(card.messageId), /3 of 5 are shown smaller; Download has the originals\./);
});

test('a set under way shows what it has, uploads each picture once, and ends with the originals', async (context) => {
  const setup = await setUp(context);
  const { job, card } = await setup.openCard({ itemNames: SET });
  const large = await paint(400_000);
  const nameOf = (item: string, end: string): string => `${job.id}_${item}${end}`;
  const shown = (): string[] => setup.files(card.messageId).map(({ filename }) => filename);
  let next = await setup.finishItem(job, 'main', await setup.put(job, large, { item: 'main' }));
  await waitUntil(() => shown().length === 1);
  next = await setup.move(next, 'lifestyle', STARTING, RUNNING);
  for (const fraction of [0.2, 0.6]) {
    setup.context.set(job.id, { progress: new Map([['lifestyle', fraction]]) });
    setup.clock.addedMs += 60_000;
    setup.live.onContext(job.id);
    await setup.whenText(card.messageId, new RegExp(`${fraction * 100}%`));
  }
  assert.deepEqual(shown(), [nameOf('main', '_glance.webp')]);
  const lifestyle = await setup.put(job, await paint(10_000), { item: 'lifestyle' });
  next = await setup.move(next, 'lifestyle', COLLECTING, { state: 'done', assets: [lifestyle] });
  await waitUntil(() => shown().length === 2);
  assert.deepEqual(setup.uploads(), [[nameOf('main', '_glance.webp')], [nameOf('lifestyle', '.png')]]);

  await setup.finishItem(next, 'comparison', await setup.put(job, large, { item: 'comparison' }));
  await setup.whenSettled();
  assert.deepEqual(new Set(shown()), new Set(SET.map((item) => nameOf(item, '.png'))));
  assert.deepEqual(setup.uploads().slice(2), [[nameOf('main', '.png'), nameOf('comparison', '.png')]]);
  assert.doesNotMatch(setup.text(card.messageId), /smaller/);
  const known = new Set(setup.discord.getMessage(card.messageId)?.message.attachments.map(({ url }) => url));
  const urls = picturesOf(setup.discord.getMessage(card.messageId)?.message ?? assert.fail()).map(({ url }) => url);
  assert.deepEqual(new Set(urls), known, 'every picture of the gallery is one that stands there');
});

test('pictures that a set carries over are back on its card at once', async (context) => {
  const setup = await setUp(context);
  const { job } = await setup.openCard({ itemNames: SET });
  const asset = await setup.put(job, await paint(10_000), { item: 'main' });
  const done = await setup.finishItem(job, 'main', asset);
  const carried = done.items.filter((item) => item.state === 'done');
  const next = await setup.openCard({ itemNames: SET, carried });
  await waitUntil(() => setup.files(next.card.messageId).length === 1);
  assert.match(setup.text(next.card.messageId), /Main.*done\n.*Lifestyle.*queued/);
});

test('files that Discord does not find on the message any more are uploaded anew, with all the words', async (context) => {
  const setup = await setUp(context);
  const { job, card } = await setup.openCard({ itemNames: SET });
  const asset = await setup.put(job, await paint(10_000), { item: 'main' });
  const next = await setup.finishItem(job, 'main', asset);
  await waitUntil(() => setup.files(card.messageId).length === 1);
  setup.discord.addFault({ ...BY_TOKEN, kind: { status: 400, code: 50035, message: 'x' }, times: 1 });
  await setup.move(next, 'lifestyle', STARTING);
  await waitUntil(() => setup.uploads().length === 2);
  await waitUntil(() => /sunset/.test(setup.text(card.messageId)) && setup.files(card.messageId).length === 1);
});

test('after a restart the card of a set under way has its pictures once', async (context) => {
  const setup = await setUp(context);
  const { job, card } = await setup.openCard({ itemNames: SET });
  const next = await setup.finishItem(job, 'main', await setup.put(job, await paint(10_000), { item: 'main' }));
  await waitUntil(() => setup.files(card.messageId).length === 1);
  await setup.live.flush(1_000);
  const after = setup.startAnother();
  await after.recover();
  const moved = moveTo(next, { item: 'lifestyle', to: STARTING, now: setup.clock.now() }, () => '');
  await setup.stores.jobs.save(moved);
  after.onSaved(moved);
  await waitUntil(() => setup.uploads().length === 2);
  assert.equal(setup.files(card.messageId).length, 1);
});
