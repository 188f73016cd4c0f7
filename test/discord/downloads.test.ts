/** `Download` that does not go smoothly says what works instead. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { DiscordFault } from '../../sandbox/interface.ts';
import { Answers } from '../../src/discord/answers.ts';
import { Downloads } from '../../src/discord/downloads.ts';
import type { Job } from '../../src/jobs/job.ts';
import { en } from '../../src/locales/en.ts';
import { setUpLive, waitUntil, type LiveSetup } from './live-setup.ts';

const UPLOAD = { method: 'PATCH', route: /@original$/ };

interface DownloadSetup extends LiveSetup {
  job: Job;
  /** Presses Download, and gives what the presser reads and gets. */
  press(change?: { job?: Job; limit?: number }): Promise<{ words: string[]; files: number }>;
}

async function setUp(context: TestContext): Promise<DownloadSetup> {
  const setup = await setUpLive(context, { rateLimits: false });
  const { api, clock, stores } = setup;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const answers = new Answers({ api, clock, log });
  const downloads = new Downloads({ api, answers, clock, log, assets: stores.assets, undelivered: stores.undelivered });
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
      return {
        words: answered.map(({ message }) => message.content),
        files: answered.reduce((sum, { message }) => sum + message.attachments.length, 0),
      };
    },
  };
}

const FAILURES: [name: string, kind: DiscordFault['kind'], times: number, words: RegExp][] = [
  [
    'Discord finds it too large',
    { status: 413, code: 40005, message: 'x' },
    1,
    /larger than Discord takes.*on the card/,
  ],
  ['Discord refuses the file', { status: 400, code: 20009, message: 'x' }, 1, /refused the file.*on the card/],
  ['the bot may attach nothing there', { status: 403, code: 50013, message: 'x' }, 1, /refused the file.*on the card/],
  ['Discord is in trouble for long', { status: 503 }, 5, /did not get through.*Press Download once more.*on the card/],
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
  assert.deepEqual(await setup.press(), { words: [en.download.here(1)], files: 1 });
});

test('an original larger than the presser may get is not sent, and whether the card has it is said rightly', async (context) => {
  const setup = await setUp(context);
  assert.match((await setup.press({ limit: 3 })).words.join(), /larger than Discord takes.*on the card/);
  const huge = { ...setup.job, attachmentSizeLimit: 3 };
  assert.match((await setup.press({ job: huge, limit: 3 })).words.join(), /larger.*It is kept: ask the bot's owner/);
});

test('an original that is gone from the disk is told, with the card or the owner as the way on', async (context) => {
  const setup = await setUp(context);
  const [asset] = setup.job.result;
  assert.ok(asset);
  await rm(join(setup.folder, 'assets', asset.file), { force: true });
  assert.match((await setup.press()).words.join(), /cannot be read.*on the card/);
  await setup.stores.undelivered.add(setup.job.userId, setup.job.id, 1);
  assert.match((await setup.press()).words.join(), /cannot be read.*Ask the bot's owner.*Again/);
});

test('of several originals those that can be sent are, in as many messages as they need', async (context) => {
  const setup = await setUp(context);
  const put = (index: number, bytes: Buffer): ReturnType<typeof setup.stores.assets.put> =>
    setup.stores.assets.put({
      jobId: setup.job.id,
      item: 'image',
      index,
      bytes,
      mimeType: 'image/png',
      extension: '.png',
    });
  const small = await Promise.all(Array.from({ length: 12 }, (_, index) => put(index, Buffer.from(`small ${index}`))));
  const huge = await put(12, Buffer.alloc(9_000, 1));
  const { words, files } = await setup.press({ job: { ...setup.job, result: [...small, huge] }, limit: 1_000 });
  assert.equal(files, 12);
  assert.deepEqual(words.slice(0, 2), [en.download.someOf(10, 13), en.download.someOf(12, 13)]);
  assert.match(words[2] ?? '', /The original is larger than Discord takes here/);
});

test('whoever asked and now has the file is not told of it again', async (context) => {
  const setup = await setUp(context);
  await setup.stores.undelivered.add(setup.job.userId, setup.job.id, 1);
  assert.equal((await setup.press()).files, 1);
  assert.equal(setup.stores.undelivered.mayHave(setup.job.userId), false);
});
