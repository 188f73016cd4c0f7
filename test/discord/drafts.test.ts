/** How long drafts live, how many there are, and how they are asked about. The way through Discord: test/end-to-end. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Answers } from '../../src/discord/answers.ts';
import { DiscordApi } from '../../src/discord/api.ts';
import { Again } from '../../src/discord/again.ts';
import type { Asker, PressAsk } from '../../src/discord/ask.ts';
import type { Draft, DraftChoice, DraftStore } from '../../src/discord/draft.ts';
import { createDraftId, formatDraftId, parseDraftId } from '../../src/discord/draft-id.ts';
import { requestOf, wishFor } from '../../src/discord/draft-wish.ts';
import { Drafts } from '../../src/discord/drafts.ts';
import type { Intake } from '../../src/discord/intake.ts';
import type { Thumbnails } from '../../src/discord/thumbnails.ts';
import { optionsOf, readDraftForm, renderDraftForm, renderPick } from '../../src/discord/render-draft.ts';
import { choicesOfJob, choicesOfMessage } from '../../src/discord/source-pictures.ts';
import type { Asset, Item, Job } from '../../src/jobs/job.ts';
import { en } from '../../src/locales/en.ts';
import { PictureKeeper } from '../../src/pictures/reference-keeper.ts';
import { openAssetStore } from '../../src/store/asset-store.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openDraftStore } from '../../src/store/draft-store.ts';
import { drawPicture } from '../end-to-end/picking.ts';
import { newJob } from '../jobs/new-job.ts';
import { QuickClock } from './live-setup.ts';
import { checkMessage } from './message-limits.ts';

const HOSTILE = '*_`~|<@everyone>[](){}#+-.!\u202e'.repeat(148);
const EPHEMERAL = 64;
const LOG = { info() {}, warn() {}, error: (message: string) => assert.fail(message) };

const INPUT = requestOf({ command: 'animate', kind: 'video', provider: 'replicate' });

function choice(name: string, prompt: string | null = null): DraftChoice {
  const source = { kind: 'address', url: `https://cdn.discordapp.com/attachments/1/2/${name}` } as const;
  const reference = { name, fromJobId: null, state: 'coming', source } as const;
  return { label: name, description: null, reference, itemName: null, prompt };
}

interface Setup {
  drafts: Drafts;
  store: DraftStore;
  clock: QuickClock;
  files(): Promise<string[]>;
}

/** Everything real but Discord, which is away: what is asked reaches nobody, and is kept all the same. */
async function open(context: TestContext): Promise<Setup> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-drafts-'));
  const database = await openDatabase({ url: `sqlite://${join(folder, 'darkroom.sqlite')}` });
  const store = await openDraftStore({ database, onUnreadable: (_key, why) => assert.fail(why) });
  const assets = await openAssetStore({ folder: join(folder, 'assets') });
  const stopping = new AbortController();
  context.after(async () => {
    stopping.abort(new Error('the test is over'));
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  const clock = new QuickClock();
  const bytes = await drawPicture('teal', 64);
  const api = new DiscordApi({ apiUrl: 'http://127.0.0.1:9/api', token: 'none' });
  const drafts = new Drafts({
    store,
    keeper: new PictureKeeper({ assets, fetchBytes: () => Promise.resolve(bytes) }),
    assets,
    thumbnails: { draw: (wanted) => Promise.resolve(wanted.map(() => null)) },
    answers: new Answers({ api, clock, log: LOG }),
    intake: { submit: () => Promise.reject(new Error('Nothing was chosen.')) },
    storeKey: 'key',
    getRemovedAt: () => Promise.resolve(undefined),
    clock,
    log: LOG,
    signal: stopping.signal,
  });
  const files = async (): Promise<string[]> =>
    (await readdir(join(folder, 'assets'))).filter((name) => name.startsWith('draft'));
  return { drafts, store, clock, files };
}

function asker(interactionId: string, userId = 'u'): Asker {
  return {
    interactionId,
    applicationId: 'a',
    token: 't',
    tokenExpiresAt: Date.now() + 900_000,
    userId,
    guildId: 'g',
    channelId: 'c',
    isThread: false,
    locale: 'en-US',
    memberPermissions: null,
    appPermissions: null,
    attachmentSizeLimit: 10 * 1024 * 1024,
  };
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await holds()) return;
    await sleep(10);
  }
  assert.fail(`Waited in vain until ${what}.`);
}

const NEW = { purpose: 'animate', input: INPUT, private: false, choices: [choice('a.png'), choice('b.png')] } as const;
const wanted = (): Parameters<Drafts['ask']>[1] => ({ ...NEW, choices: [...NEW.choices] });

test('a draft goes within the hour after its day, with its files, while the bot runs', async (context) => {
  const { drafts, store, clock, files } = await open(context);
  void drafts.start();
  await drafts.ask(asker('1'), wanted());
  await until('its pictures are copied', async () => {
    const [entry] = store.list();
    const draft = await store.get(entry?.id ?? '');
    return draft?.choices.every(({ reference }) => reference.state === 'kept') === true;
  });
  assert.equal((await files()).length, 1);
  clock.addedMs = 23 * 3_600_000;
  await sleep(50);
  assert.equal(store.list().length, 1, 'it is good for a day');
  clock.addedMs = 25 * 3_600_000;
  await until('it is gone', async () => store.list().length === 0 && (await files()).length === 0);
});

test('one person keeps twenty drafts open; the oldest goes for another one, and nobody else loses any', async (context) => {
  const { drafts, store, clock, files } = await open(context);
  await drafts.ask(asker('other', 'someone'), wanted());
  for (let count = 0; count < 22; count += 1) {
    clock.addedMs += 1_000;
    await drafts.ask(asker(`i${count}`), wanted());
    await drafts.ask(asker(`i${count}`), wanted());
  }
  const owners = store.list().map(({ userId }) => userId);
  assert.equal(owners.filter((userId) => userId === 'u').length, 20, 'one delivered twice counts once');
  assert.equal(owners.filter((userId) => userId === 'someone').length, 1);
  await until('the rest have their files', async () => (await files()).length === 21);
});

describe('what a select or a form of a draft carries', () => {
  it('comes back as it was written, and is told from everything else', () => {
    const id = createDraftId('abcdefgh2345');
    assert.equal(parseDraftId(formatDraftId(id)), id);
    for (const text of ['', 'v1:draft:', 'v2:draft:draftabcdefgh2345', 'v1:draft:job', `${formatDraftId(id)}:x`]) {
      assert.equal(parseDraftId(text), null, text);
    }
  });
});

describe('what is made of a choice', () => {
  it('goes by what was typed, else by what its picture was made from, else moves gently', () => {
    const prompts = [choice('a.png', 'a red boat'), choice('a.png')].map((each) =>
      [{ ...INPUT, prompt: 'fireworks' }, INPUT].map((input) => wishFor({ input, private: false }, each).input.prompt),
    );
    const gentle = 'Bring this picture to life with gentle, natural motion.';
    assert.deepEqual(prompts, [
      ['fireworks', 'a red boat'],
      ['fireworks', gentle],
    ]);
  });

  it('is one item that starts from that picture alone', () => {
    const wish = wishFor({ input: INPUT, private: true }, choice('a.png'));
    assert.deepEqual([wish.itemNames, wish.references, wish.private], [['video'], [choice('a.png').reference], true]);
  });
});

describe('the question', () => {
  const hostile = Array.from({ length: 10 }, () => ({ url: 'https://cdn/a.png', description: HOSTILE }));
  const choices = choicesOfMessage(hostile, en);
  const draft: Draft = { v: 1, id: 'draftx', userId: 'u', createdAt: 0, expiresAt: 1, ...wanted(), choices };

  it('of ten pictures with hostile words is one that Discord takes', () => {
    const card = renderPick({
      question: en.drafts.whichMoves,
      prompt: HOSTILE,
      customId: formatDraftId('draftx'),
      placeholder: en.drafts.choose,
      options: optionsOf(choices),
      order: en.drafts.order(choices.map(({ label }) => label)),
      pictures: choices.map(({ label }, index) => ({ label, url: `attachment://picture_${index}.webp` })),
    });
    const names = choices.map((_, index) => `picture_${index}.webp`);
    assert.deepEqual(checkMessage({ ...card, flags: card.flags & ~EPHEMERAL }, names), []);
    assert.equal(card.flags & EPHEMERAL, EPHEMERAL);
    assert.ok(optionsOf(choices).every(({ description = '' }) => description.length <= 100));
    assert.ok(optionsOf(choices).every(({ description = '' }) => !description.includes('\u202e')));
  });

  it('as a form asks which of several pictures with the first one chosen, and not where there is one', () => {
    const several = renderDraftForm(draft, en);
    assert.equal(several.components.length, 2);
    assert.match(JSON.stringify(several), /"value":"0","description":"[^"]*","default":true/);
    assert.equal(renderDraftForm({ ...draft, choices: choices.slice(0, 1) }, en).components.length, 1);
    assert.deepEqual(readDraftForm(new Map([['prompt', ' a boat ']])), { prompt: 'a boat', picture: '0' });
  });
});

describe('the pictures of a job', () => {
  const asset = (name: string, mimeType = 'image/png'): Asset => ({
    file: `job/${name}`,
    mimeType,
    extension: '.png',
    bytes: 1,
    sha256: 'ff',
  });

  function doneJob(change: Parameters<typeof newJob>[0], made: (name: string) => Asset[]): Job {
    const job = newJob(change);
    return { ...job, items: job.items.map((item): Item => ({ ...item, state: 'done', assets: made(item.name) })) };
  }

  it('of a set are called by their names; what a shop needs of them is no script for a video', () => {
    const product = { title: 'Mug', features: [], audience: null, keywords: [] };
    const itemPrompts = { main: 'a mug on white', infographic_1: 'a mug with arrows' };
    const input = { product, itemPrompts, prompt: 'Mug' };
    const set = doneJob({ itemNames: ['main', 'infographic_1'], input }, (name) => [asset(name)]);
    assert.deepEqual(
      choicesOfJob(set, en).map(({ label, description, prompt }) => [label, description, prompt]),
      [
        ['Main', 'Mug', null],
        ['Infographic 1', 'Mug', null],
      ],
    );
  });

  it('are ten at most, and none twice where it is asked which to make again', async () => {
    const four = doneJob({ itemNames: ['image_1', 'image_2', 'image_3', 'image_4'] }, (name) =>
      [1, 2, 3].map((index) => asset(`${name}-${index}`)),
    );
    assert.equal(choicesOfJob(four, en).length, 10);
    const shown: unknown[] = [];
    const again = new Again({
      answers: { show: async (_asker: unknown, card: unknown) => void shown.push(card) } as unknown as Answers,
      intake: { submit: () => Promise.reject(new Error('Nothing was chosen.')) } as unknown as Intake,
      thumbnails: { draw: (asked: unknown[]) => Promise.resolve(asked.map(() => null)) } as unknown as Thumbnails,
    });
    await again.press({ locale: 'en-US', messageId: '1' } as PressAsk, four);
    const values = [...JSON.stringify(shown).matchAll(/"value":"([^"]+)"/g)].map(([, value]) => value);
    assert.deepEqual(values, ['*', 'image_1', 'image_2', 'image_3', 'image_4']);
  });

  it('are those that were made so far, and none of a video', () => {
    const two = doneJob({ itemNames: ['image_1', 'image_2'] }, (name) => [asset(name)]);
    const [first, second] = two.items;
    assert.ok(first !== undefined && second !== undefined);
    const partly: Job = { ...two, items: [first, { ...newJob().items[0], name: 'image_2' } as Item] };
    assert.deepEqual(
      choicesOfJob(partly, en).map(({ itemName }) => itemName),
      ['image_1'],
    );
    assert.deepEqual(
      choicesOfJob(
        doneJob({ input: { kind: 'video' } }, () => [asset('v', 'video/mp4')]),
        en,
      ),
      [],
    );
  });
});
