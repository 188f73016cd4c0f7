/** The gallery on real parts: the sandbox's Discord, a real store and real pictures; what is forged is forged here. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import sharp from 'sharp';
import type { SandboxMessage } from '../../sandbox/interface.ts';
import { Answers } from '../../src/discord/answers.ts';
import type { ChoiceAsk, CommandAsk, PressAsk } from '../../src/discord/ask.ts';
import { Gallery } from '../../src/discord/gallery.ts';
import { formatGalleryId, type GalleryFilter } from '../../src/discord/gallery-id.ts';
import { JOBS_PER_PAGE } from '../../src/discord/gallery-pages.ts';
import { renderGallery, renderOpened } from '../../src/discord/render-gallery.ts';
import { Show } from '../../src/discord/show.ts';
import { SmallPictures } from '../../src/discord/small-pictures.ts';
import { systemClock } from '../../src/jobs/clock.ts';
import {
  FAILURE_CODES,
  failure,
  moveTo,
  type Asset,
  type FailureReason,
  type ItemStatus,
  type Job,
} from '../../src/jobs/job.ts';
import type { Clock } from '../../src/jobs/ports.ts';
import { en } from '../../src/locales/en.ts';
import { makePreview, makeThumbnail } from '../../src/pictures/preview.ts';
import { picturesOf, textOf } from '../end-to-end/world.ts';
import { newJob } from '../jobs/new-job.ts';
import { checkMessage, textsOf } from './message-limits.ts';
import { setUpLive, type LiveSetup, waitUntil } from './live-setup.ts';

const ALL: GalleryFilter = { userId: null, kind: null, state: null };

interface Setup extends LiveSetup {
  gallery: Gallery;
  memberId: string;
  guildId: string;
  /** A job of the member's that ended so, with a picture where it is done; saved. */
  ended(prompt: string, change?: Partial<Job>, end?: ItemStatus['state']): Promise<Job>;
  /** `/gallery` as the member types it. */
  browse(filter?: Partial<GalleryFilter>, change?: Partial<CommandAsk>): Promise<SandboxMessage>;
  /** Opens this job from a gallery that stands, whether it is on it or not. */
  open(message: SandboxMessage, jobId: string, change?: Partial<ChoiceAsk>): Promise<void>;
  /** The newest message the member sees. */
  last(): SandboxMessage;
}

async function setUp(
  context: TestContext,
  change: { clock?: Clock; makeThumbnail?: typeof makeThumbnail } = {},
): Promise<Setup> {
  const live = await setUpLive(context);
  const { discord, stores, api } = live;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const answers = new Answers({ api, clock: systemClock, log });
  const getJob = (jobId: string): Promise<Job | undefined> => stores.jobs.get(jobId);
  const contextFor = (): never => assert.fail('no card is drawn here');
  const show = new Show({ api, answers, live: live.live, getJob, contextFor, clock: systemClock, log });
  const gallery = new Gallery({
    answers,
    show,
    history: stores.history,
    store: stores.jobs,
    getJob,
    assets: stores.assets,
    pictures: new SmallPictures({ assets: stores.assets, makeThumbnail, makePreview, log, ...change }),
    canAnimate: true,
    clock: change.clock ?? systemClock,
  });
  const memberId = discord.users.member.id;
  const [guild] = discord.guilds;
  const channelId = guild?.channels[0]?.id ?? '';
  const last = (): SandboxMessage => {
    const message = discord.messages(channelId, memberId).at(-1);
    assert.ok(message !== undefined);
    return message;
  };
  return {
    ...live,
    gallery,
    memberId,
    guildId: guild?.id ?? '',
    last,
    async ended(prompt, more = {}, end = 'done') {
      const job = { ...newJob({ input: { prompt }, userId: memberId, guildId: guild?.id ?? '' }), ...more };
      const assets = end === 'done' ? [await putPicture(live, job.id)] : [];
      const final = endAll(job, end, assets);
      await stores.jobs.save(final);
      return final;
    },
    async browse(filter = {}, more = {}) {
      const ask = await live.ask();
      await gallery.browse({ ...ask, ...more }, { ...ALL, ...filter });
      return last();
    },
    async open(message, jobId, more = {}) {
      const [customId, listed] = selectOf(message);
      const ask = (await live.receivePress(message.message.id, customId, [listed])) as ChoiceAsk;
      await gallery.choose({ ...ask, values: [jobId], ...more });
    },
  };
}

async function putPicture({ stores }: LiveSetup, jobId: string, side = 400): Promise<Asset> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const bytes = await sharp({ create: { width: side, height: side, channels: 3, noise, background: 'black' } })
    .png()
    .toBuffer();
  return stores.assets.put({ jobId, item: 'image', index: 0, bytes, mimeType: 'image/png', extension: '.png' });
}

function endAll(job: Job, end: ItemStatus['state'], assets: Asset[]): Job {
  const lost = failure('attempt-timeout', 'give-up');
  const ends: Partial<Record<ItemStatus['state'], ItemStatus[]>> = {
    done: [{ state: 'starting' }, { state: 'collecting', operation: null, outputs: [] }, { state: 'done', assets }],
    failed: [{ state: 'failed', failure: lost, causeCode: null }],
    cancelled: [{ state: 'cancelled', failure: failure('cancelled-by-user', 'give-up') }],
  };
  let next = job;
  for (const { name } of job.items) {
    for (const to of ends[end] ?? []) next = moveTo(next, { item: name, to, now: Date.now() }, () => 'It failed.');
  }
  return next;
}

/** A set of three, the last of which failed. */
async function partlyDone({ stores, memberId, guildId }: Setup): Promise<void> {
  const job = newJob({ itemNames: ['main', 'side', 'back'], userId: memberId, guildId });
  const done = endAll({ ...job, items: job.items.slice(0, 2) }, 'done', []);
  const lost = endAll({ ...job, items: job.items.slice(2) }, 'failed', []);
  const items = [...done.items, ...lost.items].map((item) =>
    item.state === 'failed' ? { ...item, failure: failure('network', 'retry') } : item,
  );
  await stores.jobs.save({ ...lost, items, state: 'partial' });
}

/** The select's custom id, and its first value. */
function selectOf({ message }: SandboxMessage): [string, string] {
  const found = /"custom_id":"(v1:gallery:open[^"]*)".*?"value":"([^"]+)"/.exec(JSON.stringify(message.components));
  assert.ok(found?.[1] !== undefined && found[2] !== undefined, 'a select');
  return [found[1], found[2]];
}

function promptsOf(message: SandboxMessage): string[] {
  return [...textOf(message.message).matchAll(/\*\*\d+\. \u2068(.*?)\u2069\*\*/g)].map(([, prompt]) => prompt ?? '');
}

test("nobody sees another's private jobs, nor those of another server; one's own private ones one does", async (context) => {
  const { browse, ended, memberId } = await setUp(context);
  await ended('mine');
  await ended('mine and private', { private: true });
  await ended('of another member', { userId: 'other' });
  await ended('private of another', { userId: 'other', private: true });
  await ended('of another server', { guildId: '999' });
  await ended('said in private', { guildId: null });
  const page = await browse();
  assert.equal(page.ephemeralFor, memberId);
  assert.deepEqual(promptsOf(page), ['of another member', 'mine and private', 'mine']);
  assert.deepEqual(promptsOf(await browse({ userId: 'other' })), ['of another member']);
  assert.deepEqual(promptsOf(await browse({}, { userId: 'other' })), [
    'private of another',
    'of another member',
    'mine',
  ]);
});

test("in a private chat the gallery holds one's own from everywhere, and nothing of others", async (context) => {
  const { browse, ended } = await setUp(context);
  await ended('here');
  await ended('in another server', { guildId: '999', private: true });
  await ended('said in private', { guildId: null });
  await ended("another's", { userId: 'other', guildId: null });
  const page = await browse({}, { guildId: null, memberPermissions: null });
  assert.match(textOf(page.message), /Made by you/);
  assert.deepEqual(promptsOf(page), ['said in private', 'in another server', 'here']);
  assert.deepEqual(promptsOf(await browse({ userId: 'other' }, { guildId: null })), []);
});

test('a forged choice or button opens and posts nothing: what is foreign is answered like what is not there', async (context) => {
  const { browse, ended, open, receivePress, gallery, last, text } = await setUp(context);
  await ended('mine');
  const foreign = [
    await ended('of another server', { guildId: '999', userId: 'other' }),
    await ended('private of another', { userId: 'other', private: true }),
    await ended('said in private', { userId: 'other', guildId: null }),
  ];
  const page = await browse();
  for (const id of [...foreign.map((job) => job.id), 'unknown']) {
    await open(page, id);
    assert.equal(textOf(last().message).trim(), en.refusals.unknownJob);
    const [customId, listed] = selectOf(page);
    const ask = await receivePress(page.message.id, customId, [listed]);
    const forged: PressAsk = {
      ...ask,
      kind: 'press',
      customId: formatGalleryId({ action: 'post', jobId: id }),
      pictures: [],
    };
    await gallery.press(forged);
    assert.equal(textOf(last().message).trim(), en.refusals.unknownJob);
  }
  assert.match(text(page.message.id), /mine/, 'the page stands as it was');
});

test('the filters narrow the pages down, and an empty page says what to do', async (context) => {
  const { browse, ended } = await setUp(context);
  assert.match(textOf((await browse()).message), /Type \/generate/);
  await ended('a boat');
  await ended('a lost boat', {}, 'failed');
  await ended('a stopped boat', {}, 'cancelled');
  const video = newJob({ input: { prompt: 'a moving boat', kind: 'video' } });
  await ended('a moving boat', { input: video.input });
  assert.deepEqual(promptsOf(await browse({ state: 'failed' })), ['a lost boat']);
  assert.deepEqual(promptsOf(await browse({ state: 'cancelled' })), ['a stopped boat']);
  assert.deepEqual(promptsOf(await browse({ kind: 'video' })), ['a moving boat']);
  assert.deepEqual(promptsOf(await browse({ kind: 'image', state: 'done' })), ['a boat']);
  const none = await browse({ kind: 'video', state: 'failed' });
  assert.match(textOf(none.message), /videos · Status Failed\nNothing matches/);
});

test('each entry says how it ended, in words first, with the sentence of its failure and how many of a set', async (context) => {
  const setup = await setUp(context);
  const { browse, ended } = setup;
  await partlyDone(setup);
  await ended('a lost *boat*', {}, 'failed');
  const words = textOf((await browse()).message);
  assert.match(words, /Failed ❌\n-# \[TIMEOUT\] It took too long\.\n-# for <@\d+> · <t:\d+:R>/);
  assert.match(words, /a lost \\\*boat\\\*/, 'a prompt formats nothing');
  assert.match(words, /Partly done ⚠️ · 2 of 3\n-# \[NETWORK_ERROR\] The service could not be reached/);
});

test('a failure is told without buttons that are not there, and the words of a service stay in their code', () => {
  const place = { ...ALL, trail: [] };
  const [boats, marks, long] = ['🛶'.repeat(150), '`*'.repeat(150), 'm'.repeat(300)];
  const worst = { fields: boats, words: marks, model: long, instead: long, field: boats, got: marks, allowed: long };
  for (const reason of Object.keys(FAILURE_CODES) as FailureReason[]) {
    const lost = endAll(newJob({ input: { prompt: '*'.repeat(4_000) } }), 'failed', []);
    const items = lost.items.map((item) => ({ ...item, failure: failure(reason, 'give-up', { details: worst }) }));
    const jobs = Array.from({ length: JOBS_PER_PAGE }, (_, index) => ({ ...lost, id: `j${index}`, items }));
    const [job] = jobs;
    assert.ok(job !== undefined);
    const page = { place, jobs, next: null, isCut: false, thumbnails: new Map<string, string>(), isOwn: false };
    const opened = { job, place, files: [], hasLess: { smaller: 0, missing: 0 }, mayAnimate: false };
    for (const card of [renderGallery(page, en), renderOpened(opened, en)]) {
      assert.deepEqual(checkMessage({ ...card, flags: card.flags & ~64 }, []), [], reason);
      const line = textsOf(card.components)
        .split('\n')
        .find((each) => each.includes(`[${FAILURE_CODES[reason]}]`));
      assert.match(line ?? '', /\.$/, 'no sentence is cut');
      assert.doesNotMatch(line ?? '', /Press (?!Download)/, reason);
      assert.equal((line?.split('`').length ?? 0) % 2, 1, 'code that is opened is closed');
    }
  }
});

test('a picture that is gone from the disk costs its thumbnail and not the page', async (context) => {
  const { browse, ended, open, folder, text, last } = await setUp(context);
  const kept = await ended('a kept boat');
  const gone = await ended('a gone boat');
  await rm(join(folder, 'assets', gone.id), { recursive: true });
  const page = await browse();
  assert.deepEqual(promptsOf(page), ['a gone boat', 'a kept boat']);
  const [thumbnail, ...more] = picturesOf(page.message);
  assert.equal(more.length, 0);
  assert.equal(thumbnail?.description, 'a kept boat');
  await open(page, gone.id);
  assert.match(text(page.message.id), /1 file cannot be shown here/);
  await rm(join(folder, 'assets', kept.id), { recursive: true });
  await browse();
  assert.equal(picturesOf(last().message).length, 0, 'nor does a thumbnail outlive its job');
});

test('thumbnails that take long do not cost the answer: it is promised first, and the page follows', async (context) => {
  let made = 0;
  const slow: typeof makeThumbnail = async (bytes, side) => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    made += 1;
    return makeThumbnail(bytes, side);
  };
  // This clock cuts every wait to 10 ms, the patience of the gallery too.
  const impatient = { ...systemClock, sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 10)) };
  const { browse, ended, discord } = await setUp(context, { clock: impatient, makeThumbnail: slow });
  await ended('a boat');
  const page = await browse();
  await waitUntil(
    () =>
      picturesOf(page.message).length === 1 ||
      picturesOf(discord.getMessage(page.message.id)?.message ?? page.message).length === 1,
  );
  assert.equal(made, 1);
  assert.ok(discord.requests.some(({ method, path }) => method === 'PATCH' && path.includes('@original')));
  await browse();
  assert.equal(made, 1, 'it is made once');
});

test('a file that is too large for this answer is shown smaller, and the card says where the original is', async (context) => {
  const { browse, ended, open, discord } = await setUp(context);
  const job = await ended('a boat');
  const page = await browse();
  const [asset] = job.result;
  assert.ok(asset !== undefined);
  const openedWith = async (attachmentSizeLimit: number): Promise<SandboxMessage> => {
    await open(await browse(), job.id, { attachmentSizeLimit });
    const message = discord.messages(page.message.channel_id, discord.users.member.id).at(-1);
    assert.ok(message !== undefined);
    return message;
  };
  const whole = await openedWith(asset.bytes);
  assert.equal(whole.message.attachments[0]?.filename, `${job.id}_1.png`);
  assert.equal(whole.message.attachments[0]?.size, asset.bytes);
  assert.doesNotMatch(textOf(whole.message), /too large/);
  const small = await openedWith(asset.bytes - 1);
  assert.equal(small.message.attachments[0]?.filename, `${job.id}_1.webp`);
  assert.match(textOf(small.message), /too large to be shown here, so a smaller one is\. Press Download/);
});

test("the fullest page and the fullest opened job stay within Discord's limits", async (context) => {
  const { browse, ended, open, discord } = await setUp(context);
  const prompt = '*[`\\_🛶é'.repeat(570);
  const five = newJob({ itemNames: ['a', 'b', 'c', 'd', 'e'], input: { prompt } });
  for (let number = 0; number < 7; number += 1) {
    await ended(prompt, { items: five.items }, number % 2 === 0 ? 'done' : 'failed');
  }
  const page = await browse({ userId: null });
  const check = (message: SandboxMessage): void => {
    const { components, attachments, flags } = message.message;
    const sent = JSON.parse(
      JSON.stringify(components).replaceAll(/"url":"[^"]*\/([^/"?]+)(\?[^"]*)?"/g, '"url":"attachment://$1"'),
    ) as unknown;
    const problems = checkMessage(
      { flags: Number(flags) & ~64, components: sent },
      attachments.map(({ filename }) => filename),
    );
    assert.deepEqual(problems, []);
  };
  check(page);
  const [, newest] = selectOf(page);
  await open(page, newest);
  await waitUntil(() => /Post here/.test(JSON.stringify(discord.getMessage(page.message.id)?.message.components)));
  const opened = discord.getMessage(page.message.id);
  assert.ok(opened !== undefined);
  check(opened);
});
