/** `Download` that does not go smoothly says what works instead. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { unzipSync } from 'fflate';
import type { DiscordFault } from '../../sandbox/interface.ts';
import { Answers } from '../../src/discord/answers.ts';
import { Downloads } from '../../src/discord/downloads.ts';
import type { LinkTo } from '../../src/discord/shown-files.ts';
import type { Asset, Item, Job } from '../../src/jobs/job.ts';
import { en } from '../../src/locales/en.ts';
import { setUpLive, waitUntil, type LiveSetup } from './live-setup.ts';

const UPLOAD = { method: 'PATCH', route: /@original$/ };

interface DownloadSetup extends LiveSetup {
  job: Job;
  /** Presses Download, and gives what the presser reads and gets. */
  press(change?: {
    job?: Job;
    limit?: number;
  }): Promise<{ words: string[]; files: number; names: string[]; read: (name: string) => Buffer }>;
}

async function setUp(context: TestContext, linkTo: LinkTo = () => null): Promise<DownloadSetup> {
  const setup = await setUpLive(context, { rateLimits: false });
  const { api, clock, stores } = setup;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const answers = new Answers({ api, clock, log });
  const { assets, undelivered } = stores;
  const downloads = new Downloads({ api, answers, clock, log, linkTo, assets, undelivered });
  const { job: asked, card } = await setup.openCard();
  const job = await setup.finish(asked);
  await setup.whenText(card.messageId, /Done/);
  await waitUntil(async () => (await stores.cards.listUnsettled()).length === 0);
  const general = setup.discord.guilds[0]?.channels[1]?.id ?? '';
  return {
    ...setup,
    job,
    async press({ job: wanted = job, limit } = {}) {
      const before = setup.discord.messages(general, asked.userId).length;
      const ask = await setup.ask(general);
      await downloads.send({ ...ask, attachmentSizeLimit: limit ?? ask.attachmentSizeLimit }, wanted, en);
      const answered = setup.discord.messages(general, asked.userId).slice(before);
      for (const message of answered) assert.equal(message.ephemeralFor, asked.userId);
      const attachments = answered.flatMap(({ message }) => message.attachments);
      return {
        words: answered.map(({ message }) => message.content),
        files: attachments.length,
        names: attachments.map(({ filename, title }) => title ?? filename),
        read: (name) => {
          const bytes = setup.discord.readFile(attachments.find(({ filename }) => filename === name)?.url ?? '');
          assert.ok(bytes, `the file ${name}`);
          return bytes;
        },
      };
    },
  };
}

const FAILURES: [name: string, kind: DiscordFault['kind'], times: number, words: RegExp][] = [
  [
    'Discord finds it too large',
    { status: 413, code: 40005, message: 'x' },
    1,
    /larger than Discord takes.*the card shows/,
  ],
  ['Discord refuses the file', { status: 400, code: 20009, message: 'x' }, 1, /refused the file.*the card shows/],
  [
    'the bot may attach nothing there',
    { status: 403, code: 50013, message: 'x' },
    1,
    /refused the file.*the card shows/,
  ],
  [
    'Discord is in trouble for long',
    { status: 503 },
    5,
    /did not get through.*Press Download once more.*the card shows/,
  ],
  ['the connection breaks again and again', 'cut-before', 5, /did not get through/],
];

for (const [name, kind, times, words] of FAILURES) {
  test(`a download where ${name} says what works instead`, async (context) => {
    const setup = await setUp(context);
    setup.discord.addFault({ ...UPLOAD, kind, times });
    const pressed = await setup.press();
    assert.equal(pressed.files, 0);
    assert.match(pressed.words.join('\n'), words);
    assert.equal((await setup.press()).files, 1, 'a later press works');
  });
}

test('a download that meets a hiccup of Discord still gets through', async (context) => {
  const setup = await setUp(context);
  setup.discord.addFault({ ...UPLOAD, kind: { status: 500 }, times: 2 });
  const { words, files } = await setup.press();
  assert.deepEqual([words, files], [[en.download.here(1)], 1]);
});

test('an original larger than the presser may get is not sent, and whether the card has it is said rightly', async (context) => {
  const setup = await setUp(context);
  assert.match((await setup.press({ limit: 3 })).words.join(), /larger than Discord takes.*the card shows/);
  const huge = { ...setup.job, attachmentSizeLimit: 3 };
  assert.match((await setup.press({ job: huge, limit: 3 })).words.join(), /larger.*It is kept: ask the bot's owner/);
});

test('an original that is gone from the disk is told, with the card or the owner as the way on', async (context) => {
  const setup = await setUp(context);
  const [asset] = setup.job.result;
  assert.ok(asset);
  await rm(join(setup.folder, 'assets', asset.file), { force: true });
  assert.match((await setup.press()).words.join(), /cannot be read.*the card shows/);
  await setup.stores.undelivered.add(setup.job.userId, setup.job.id, 1);
  assert.match((await setup.press()).words.join(), /cannot be read.*Ask the bot's owner.*Again/);
});

/** The job as it would be with these files, each the one of an item. */
async function withFiles(setup: DownloadSetup, sizes: Record<string, number>, input = {}): Promise<Job> {
  const { job, stores } = setup;
  const items = Object.entries(sizes).map(async ([name, bytes], index): Promise<Item> => {
    const [item] = job.items;
    assert.ok(item);
    const file = { jobId: job.id, item: name, index: 0, mimeType: 'image/png', extension: '.png' };
    const asset = await stores.assets.put({ ...file, bytes: Buffer.alloc(bytes, index + 1) });
    return { ...item, name, state: 'done', assets: [asset] };
  });
  const done = await Promise.all(items);
  const result = done.flatMap((item): Asset[] => (item.state === 'done' ? item.assets : []));
  return { ...job, input: { ...job.input, ...input }, items: done, result };
}

test('of several originals those that can be sent are, in as many messages as they need', async (context) => {
  const setup = await setUp(context);
  const small = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`image_${index + 1}`, 7]));
  const job = await withFiles(setup, { ...small, image_13: 9_000 });
  const { words, files } = await setup.press({ job, limit: 1_000 });
  assert.equal(files, 12);
  assert.deepEqual(words.slice(0, 2), [en.download.someOf(10, 13), en.download.someOf(12, 13)]);
  assert.match(words[2] ?? '', /The original is larger than Discord takes here/);
});

const SET = { main: 9, infographic_1: 8, infographic_2: 7, lifestyle: 6, comparison: 5 };
const MUG = { title: 'The Mug 美', features: ['large'], audience: null, keywords: [] };

test('a set comes with the names of its items, each by itself and all in one zip that any program opens', async (context) => {
  const setup = await setUp(context);
  const job = await withFiles(setup, SET, { product: MUG });
  const { words, names, read } = await setup.press({ job });
  const named = Object.keys(SET).map((item) => `generated_image_mug_美_${item}`);
  assert.deepEqual(names, [...named, 'generated_images_mug_美']);
  assert.deepEqual(words, [`${en.download.here(5)} ${en.download.archive(true)}`]);
  const zip = read('generated_images_mug_.zip');
  const entries = Object.entries(unzipSync(zip)).map(([name, bytes]) => [name, bytes.length, bytes[0]]);
  assert.deepEqual(
    entries,
    Object.values(SET).map((bytes, index) => [`${named[index]}.png`, bytes, index + 1]),
  );
});

test('what Discord takes one by one and not together is sent one by one', async (context) => {
  const setup = await setUp(context);
  const job = await withFiles(setup, { image_1: 10, image_2: 20 });
  setup.discord.addFault({ ...UPLOAD, kind: { status: 413, code: 40005, message: 'x' }, times: 1 });
  const { words, names } = await setup.press({ job });
  const named = 'generated_image_beautiful_sunset_over_mountains';
  assert.deepEqual(names, [`${named}_1.png`, `${named}_2.png`]);
  assert.deepEqual(words, [en.download.someOf(1, 2), en.download.here(2)]);
});

test('what Discord does not take is linked to, with when the link ends', async (context) => {
  const asked: { file: string; expiresAt: number }[] = [];
  const setup = await setUp(context, (_job, { file }, expiresAt) => {
    asked.push({ file, expiresAt });
    return `https://bot.example/${asked.length}`;
  });
  const job = await withFiles(setup, { image_1: 5, image_2: 2_000_000, image_3: 3_000_000 });
  const before = setup.clock.now();
  const { words, files } = await setup.press({ job, limit: 1_000_000 });
  assert.equal(files, 1);
  const [here, links = ''] = words;
  assert.equal(here, en.download.someOf(1, 3));
  assert.match(links, /^2 originals are larger than Discord takes here\. These links to them end <t:\d+:R>:\n/);
  assert.match(links, /\[generated_image_\w+_2\.png\]\(<https:\/\/bot\.example\/1>\), 2\.0\sMB\n/);
  assert.match(links, /\[generated_image_\w+_3\.png\]\(<https:\/\/bot\.example\/2>\), 3\.0\sMB$/);
  const [second, third] = job.result.slice(1).map(({ file }) => file);
  assert.deepEqual(
    asked.map(({ file }) => file),
    [second, third],
  );
  for (const { expiresAt } of asked) assert.ok(expiresAt - before >= 3_600_000 && expiresAt - before < 3_660_000);
});

test('whoever asked and now has the file is not told of it again', async (context) => {
  const setup = await setUp(context);
  await setup.stores.undelivered.add(setup.job.userId, setup.job.id, 1);
  assert.equal((await setup.press()).files, 1);
  assert.equal(setup.stores.undelivered.mayHave(setup.job.userId), false);
});
