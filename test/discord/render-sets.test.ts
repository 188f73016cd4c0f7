/** The card, the details and the form of a job with several items, in every state. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderEditForm, readEditedProduct } from '../../src/discord/edit-form.ts';
import { renderComing } from '../../src/discord/render-again.ts';
import { renderCard, renderFallbackText, type CardContext } from '../../src/discord/render.ts';
import { renderDeleteQuestion, renderDetails } from '../../src/discord/render-details.ts';
import {
  failure,
  moveTo,
  nameItems,
  requestCancel,
  type Asset,
  type ItemCommon,
  type ItemStatus,
  type Job,
  type Product,
  type Reference,
} from '../../src/jobs/job.ts';
import { askForProduct } from '../../src/jobs/listing.ts';
import { LISTING_ITEMS } from '../../src/jobs/listing-prompts.ts';
import { en } from '../../src/locales/en.ts';
import { newJob } from '../jobs/new-job.ts';
import { attempt } from './sample-attempt.ts';
import { buttonsOf, checkMessage, listAll, textsOf } from './message-limits.ts';

const NOW = 1_800_000_000_000;
const OPERATION = { provider: 'replicate', id: 'op', data: {} };
const PNG: Asset = { file: 'a.png', mimeType: 'image/png', extension: '.png', bytes: 1_000, sha256: 'x' };
const TIMEOUT = failure('attempt-timeout', 'retry');
const BLOCKED = failure('output-blocked', 'vary');
const STARTING: ItemStatus = { state: 'starting' };
const RUNNING: ItemStatus = { state: 'running', operation: OPERATION, begunAt: NOW };
const COLLECTING: ItemStatus = {
  state: 'collecting',
  operation: OPERATION,
  outputs: [{ kind: 'url', url: 'https://x/y' }],
};
const WAITING: ItemStatus = { state: 'waiting', until: NOW + 4_000, delayMs: 4_000, failure: TIMEOUT };
const DONE: ItemStatus = { state: 'done', assets: [PNG] };
const CANCELLED: ItemStatus = { state: 'cancelled', failure: failure('cancelled-by-user', 'give-up') };

const failed = (lost = TIMEOUT): ItemStatus[] => [
  STARTING,
  RUNNING,
  { state: 'failed', failure: lost, causeCode: lost.code },
];
const PATHS = {
  queued: [],
  running: [STARTING, RUNNING],
  waiting: [STARTING, RUNNING, WAITING],
  collecting: [STARTING, RUNNING, COLLECTING],
  done: [STARTING, RUNNING, COLLECTING, DONE],
  failed: failed(),
  blocked: failed(BLOCKED),
  cancelled: [CANCELLED],
} satisfies Record<string, ItemStatus[]>;

type Path = keyof typeof PATHS;
type Paths = readonly [Path, Path, Path, Path, Path];

const PRODUCT: Product = {
  title: 'Blue mug',
  features: ['keeps warm', 'dishwasher safe'],
  audience: 'night workers',
  keywords: [{ word: 'cup', intents: ['gift'] }],
};

const CONTEXT: CardContext = {
  now: NOW,
  locale: en,
  positions: new Map(),
  progress: new Map(),
  providers: [
    { name: 'replicate', isPaid: true, kinds: ['image', 'video'] },
    { name: 'gemini', isPaid: true, kinds: ['image', 'video'] },
    { name: 'local', isPaid: false, kinds: ['image'] },
  ],
  fallback: 'ask',
  updatesEndAt: null,
  hold: null,
};

interface Asked {
  product?: Product;
  change?: Partial<Job>;
  references?: Reference[];
  notes?: Partial<Record<string, Partial<ItemCommon>>>;
}

/** A listing whose items went these ways. */
function listing(paths: Paths, { product = PRODUCT, change = {}, references = [], notes = {} }: Asked = {}): Job {
  const fresh = newJob({ itemNames: LISTING_ITEMS, createdAt: NOW, references });
  const asked = { ...fresh.input, command: 'listing', provider: 'replicate', aspectRatio: '1:1' };
  let job: Job = { ...fresh, ...change, input: askForProduct({ ...asked, ...change.input }, product, false) };
  for (const [index, name] of LISTING_ITEMS.entries()) {
    const note = { attempt: 1, ...notes[name] };
    for (const to of PATHS[paths[index] ?? 'queued'])
      job = moveTo(job, { item: name, to, note, now: NOW + 1_000 }, ({ code }) => code);
  }
  return job;
}

function textOf(job: Job, change: Partial<CardContext> = {}): string {
  return textsOf(renderCard(job, { ...CONTEXT, ...change }).body.components);
}

function rowsOf(job: Job, change: Partial<CardContext> = {}): unknown[][] {
  const rows = listAll(renderCard(job, { ...CONTEXT, ...change }).body.components).filter(({ type }) => type === 1);
  return rows.map(({ components }) => buttonsOf(components).map(({ label }) => label));
}

const MIXED = listing(['done', 'running', 'waiting', 'failed', 'queued'], {
  notes: { infographic_2: { attempt: 1, retryCount: 1, variation: 1 }, infographic_1: { attempt: 2 } },
});
const ALL_DONE: Paths = ['done', 'done', 'done', 'done', 'done'];

describe('the card of a set', () => {
  it('tells each item on a line of its own, in words', () => {
    const text = textOf(MIXED, { progress: new Map([['infographic_1', 0.42]]) });
    assert.match(text, /^### Generating · 1 of 5\n> .*Blue mug.*\n-# .*keeps warm.* · .*dishwasher safe/);
    for (const line of [
      '**Main** done',
      '**Infographic 1** generating · 42% · attempt 2/4',
      '**Infographic 2** attempt 2/4 · <t:1800000004:R>\n-# [TIMEOUT] · prompt variation 1',
      '**Lifestyle** failed [TIMEOUT] It took too long.',
      '**Comparison** queued',
    ])
      assert.ok(text.includes(`\n${line}\n`), line);
    assert.doesNotMatch(text, /Press Retry/, 'there is no such button yet');
  });

  it('shows what is done while the rest is being made, each picture with the name of its item', () => {
    const { body, files } = renderCard(MIXED, CONTEXT);
    assert.deepEqual(
      files.map(({ description }) => description),
      ['Main: Blue mug'],
    );
    assert.equal(listAll(body.components).filter(({ type }) => type === 12).length, 1);
  });

  it('names its place in line while nothing of it has begun', () => {
    const queued = listing(['queued', 'queued', 'queued', 'queued', 'queued']);
    const positions = new Map([
      ['main', 3],
      ['infographic_1', 4],
    ]);
    assert.match(textOf(queued, { positions }), /^### Queued · number 3 in line/);
  });

  it('names its place in line beside what is carried over, and offers another service when its own has trouble', () => {
    const notes = { main: { carriedFrom: 'first' }, comparison: { carriedFrom: 'first' } };
    const carried = listing(['done', 'queued', 'queued', 'queued', 'done'], { notes });
    const positions = new Map([['infographic_1', 3]]);
    assert.match(textOf(carried, { positions }), /^### Queued · 2 of 5 · number 3 in line/);
    const hold = { until: NOW + 30_000, reason: 'provider-error' } as const;
    assert.deepEqual(rowsOf(carried, { hold }), [['Cancel', 'Fallback: local', 'Fallback: gemini']]);
    assert.deepEqual(rowsOf(listing(['done', 'running', 'queued', 'queued', 'done'], { notes }), { hold }), [
      ['Cancel'],
    ]);
  });

  it('says Retrying only when every open item waits, and how many are done', () => {
    const waiting = listing(['done', 'waiting', 'waiting', 'failed', 'done']);
    assert.match(textOf(waiting), /^### Retrying · 2 of 5/);
    assert.match(textOf(listing(['done', 'waiting', 'running', 'failed', 'done'])), /^### Generating · 2 of 5/);
  });

  it('is Done without a word for each, and shows all its pictures', () => {
    const job = listing(ALL_DONE);
    assert.match(textOf(job), /^### Done\n> .*Blue mug.*\n-# .*\n-# for <@u> · Replicate/);
    assert.equal(renderCard(job, CONTEXT).files.length, 5);
  });

  it('is Partly done with which are missing and why, alike ones together', () => {
    const notes = Object.fromEntries(LISTING_ITEMS.map((name) => [name, { retryCount: 3 }]));
    const text = textOf(listing(['done', 'failed', 'blocked', 'failed', 'done'], { notes }));
    assert.match(text, /^### Partly done · 2 of 5/);
    assert.match(
      text,
      /\*\*Missing: Infographic 1 and Lifestyle\.\*\* It took too long\. Press Retry failed\.\n-# \[TIMEOUT\] · Retries: 3\/3/,
    );
    assert.match(
      text,
      /\*\*Missing: Infographic 2\.\*\* A safety filter held the picture back\.\n-# \[CONTENT_BLOCKED\]/,
    );
    assert.doesNotMatch(text, /Edit prompt/, 'there is no such button on this card');
  });

  it('is Failed once for one cause, and by name for several', () => {
    const alike = textOf(listing(['failed', 'failed', 'failed', 'failed', 'failed']));
    assert.equal(alike.split('It took too long').length, 2);
    assert.doesNotMatch(alike, /Lifestyle/);
    assert.match(alike, /For a free preview, press Fallback: local\.\n-# \[TIMEOUT\] · Retries: 0\/3/);
    const mixed = textOf(listing(['failed', 'failed', 'failed', 'blocked', 'failed']));
    assert.match(mixed, /\*\*Main, Infographic 1, Infographic 2 and Comparison:\*\* It took too long/);
    assert.match(mixed, /\*\*Lifestyle:\*\* The service's safety filter held the picture back/);
  });

  it('says who stopped what is missing', () => {
    const paths: Paths = ['done', 'cancelled', 'cancelled', 'done', 'done'];
    const own = listing(paths);
    assert.match(textOf(own), /\*\*Missing: Infographic 1 and Infographic 2\.\*\* Stopped before it was made\./);
    const job = { ...own, cancelRequest: { userId: 'm', at: NOW } };
    assert.match(textOf(job), /Stopped by <@m> before it was made\./);
    assert.match(textOf(requestCancel(MIXED, 'u', NOW)), /^### Generating · Cancelling…/);
  });

  it('numbers pictures and videos that are several of one prompt', () => {
    const pictures = { ...newJob({ itemNames: nameItems('image', 4) }) };
    assert.match(textOf(pictures), /\*\*Picture 1\*\* queued\n.*\n.*\n\*\*Picture 4\*\* queued/);
    const videos = newJob({ itemNames: nameItems('video', 2), input: { kind: 'video' } });
    assert.match(textOf(videos), /\*\*Video 2\*\* queued/);
  });

  it('says what waits for a picture that is still being copied, and later what it started from', () => {
    const given = { name: 'mug.png', fromJobId: null };
    const coming: Reference = { ...given, state: 'coming', source: { kind: 'address', url: 'https://x/mug.png' } };
    const queued = listing(['queued', 'queued', 'queued', 'queued', 'queued'], { references: [coming] });
    assert.match(textOf(queued), /Copying the picture you gave/);
    const picture = { asset: PNG, width: 8, height: 8, isFirstFrame: false };
    const kept: Reference = { ...given, state: 'kept', picture };
    assert.match(textOf(listing(ALL_DONE, { references: [kept] })), /-# .*from a picture you gave/);
    const frame: Reference = { ...kept, picture: { ...picture, isFirstFrame: true } };
    assert.match(textOf(listing(ALL_DONE, { references: [frame] })), /from the first frame of a picture you gave/);
    const other: Reference = { ...kept, fromJobId: 'abc' };
    assert.match(textOf(listing(ALL_DONE, { references: [other] })), /from job\u00a0`abc`/);
  });

  it('tells whose work stands in for whose, by name where it is not all', () => {
    const own: Partial<ItemCommon> = {
      carriedFrom: 'first',
      attempts: [attempt({ provider: 'replicate' })],
    };
    const notes = { main: own, infographic_1: own, lifestyle: own };
    const change = { input: { ...newJob().input, provider: 'local' }, fallbackFrom: 'replicate' };
    const text = textOf(fellBack(listing(ALL_DONE, { notes, change })));
    assert.match(text, /Replicate could not make Infographic 2 and Comparison, so the bot painted previews instead\./);
    assert.match(text, /Replicate \+ Local preview/);
    assert.match(textOf(fellBack(listing(ALL_DONE, { change }))), /could not make them, so the bot painted previews/);
  });

  it('tells what was sent otherwise once for all of them, and always another model or another length', () => {
    const ratio = { field: 'aspect_ratio', from: '1:1', to: '4:5' };
    const model = { field: 'model', from: 'words/only', to: 'with/pictures' };
    const duration = { field: 'duration', from: '7', to: '8' };
    const chosen = { field: 'output_format', from: 'png', to: 'webp' };
    const notes = { main: { changes: [ratio, chosen] }, lifestyle: { changes: [ratio, model, duration] } };
    const text = textOf(listing(ALL_DONE, { notes }));
    assert.match(
      text,
      /Made with .*pictures.*\n.*: aspect ratio 4:5 instead of 1:1, duration 8\u00a0s instead of 7\u00a0s\.\n/,
    );
  });

  it('has its buttons in rows that fit, what leads elsewhere below', () => {
    assert.deepEqual(rowsOf(listing(['done', 'failed', 'done', 'done', 'done'])), [
      ['Download', 'Retry failed'],
      ['Fallback: local', 'Fallback: gemini', 'Details'],
    ]);
    const providers = CONTEXT.providers.filter(({ name }) => name !== 'gemini');
    assert.deepEqual(rowsOf(listing(['done', 'failed', 'done', 'done', 'done']), { providers }), [
      ['Download', 'Retry failed', 'Fallback: local', 'Details'],
    ]);
    assert.deepEqual(rowsOf(listing(ALL_DONE)), [['Download', 'Again', 'Edit prompt', 'Animate', 'Details']]);
    assert.deepEqual(rowsOf({ ...listing(ALL_DONE), fallbackFrom: 'gemini' }), [
      ['Download', 'Again', 'Edit prompt', 'Animate', 'Details'],
      ['Retry: gemini'],
    ]);
    assert.deepEqual(rowsOf(MIXED), [['Cancel']]);
  });

  it('is taken by Discord in every mixture of states, with the worst words', () => {
    const worst = '*_`~|<@everyone>[](){}#+-.!'.repeat(7).slice(0, 180);
    const product = { title: worst, features: [worst, worst, worst], audience: worst, keywords: [] };
    const lost = failure('input-refused', 'give-up', { details: { fields: '*'.repeat(4_000) } });
    const names = Object.keys(PATHS) as Path[];
    for (const [index] of names.entries()) {
      const pick = (offset: number): Path => names[(index + offset) % names.length] ?? 'done';
      for (const paths of [
        [0, 1, 2, 3, 4],
        [0, 0, 0, 0, 0],
        [0, 5, 0, 5, 0],
      ] as const) {
        const job = listing(paths.map(pick) as unknown as Paths, { product });
        const refused = {
          ...job,
          items: job.items.map((item) => (item.state === 'failed' ? { ...item, failure: lost } : item)),
        };
        for (const each of [job, refused]) {
          for (const message of [renderCard(each, CONTEXT), renderFallbackText(each, CONTEXT)])
            assert.deepEqual(
              checkMessage(
                message.body,
                message.files.map(({ name }) => name),
              ),
              [],
            );
        }
      }
    }
  });
});

describe('a card that is shown again, before its pictures are there', () => {
  const comingOf = (job: Job): string => textsOf(renderComing(job, CONTEXT).components);

  it('says what follows, and nothing yet of what Discord does not take', () => {
    const large = { ...listing(ALL_DONE), attachmentSizeLimit: 1 };
    assert.match(textOf(large), /ask the bot's owner/);
    assert.match(comingOf(large), /^The pictures follow\.$/m);
    assert.doesNotMatch(comingOf(large), /owner|larger|Download has/);
    const clip: ItemStatus = { state: 'done', assets: [{ ...PNG, mimeType: 'video/mp4' }] };
    const job = newJob({ itemNames: ['video'], input: { kind: 'video' } });
    const video = [STARTING, COLLECTING, clip].reduce(
      (now, to) => moveTo(now, { item: 'video', to, now: NOW }, ({ code }) => code),
      job,
    );
    assert.match(comingOf(video), /^The video follows\.$/m);
  });
});

describe('the card of a video', () => {
  const video = (to: ItemStatus): Job => {
    const job = newJob({ itemNames: ['video'], input: { kind: 'video' } });
    const path = to.state === 'cancelled' ? [to] : [STARTING, RUNNING, to];
    return path.reduce((now, state) => moveTo(now, { item: 'video', to: state, now: NOW }, ({ code }) => code), job);
  };

  it('speaks of a video wherever it speaks of what is made', () => {
    assert.match(textOf(video(CANCELLED)), /Stopped before a video was made/);
    assert.match(textOf(video({ ...WAITING, failure: BLOCKED })), /A safety filter held the video back/);
    assert.match(textOf(video({ state: 'failed', failure: BLOCKED, causeCode: null })), /held the video back/);
    assert.match(textOf(video(COLLECTING)), /Fetching the video/);
    assert.match(textsOf(renderFallbackText(finish(video(COLLECTING)), CONTEXT).body.components), /take the video/);
    const form = JSON.stringify(renderEditForm(video(CANCELLED), en));
    assert.match(form, /What the video should show/);
    assert.match(JSON.stringify(renderDeleteQuestion(finish(video(COLLECTING)), null, en)), /Delete this video/);
  });
});

/** As the engine saves what another service made in place of the first. */
function fellBack(job: Job): Job {
  return {
    ...job,
    items: job.items.map((item) =>
      item.attempts.length > 0 ? item : { ...item, attempts: [attempt({ provider: 'local' })] },
    ),
  };
}

function finish(job: Job): Job {
  return moveTo(job, { item: 'video', to: DONE, now: NOW }, ({ code }) => code);
}

describe('Details of a set', () => {
  const lost = failure('provider-error', 'retry', { providerStatus: 'HTTP 503' });
  const attempts = [1, 2, 3].map((number) => attempt({ number, seed: number, variation: number - 1, failure: lost }));
  const notes = Object.fromEntries(
    LISTING_ITEMS.map((name) => [
      name,
      { attempt: 4, seed: 99, attempts: [...attempts, attempt({ number: 4, variation: 3, seed: 99 })] },
    ]),
  );
  const detailsOf = (job: Job): ReturnType<typeof renderDetails> =>
    renderDetails({ job, cardMessageId: '1', mayDelete: true, locale: en });
  const textIn = (job: Job): string => textsOf(detailsOf(job).body.components);

  it('tell of each item its seed, its attempts and what was changed, and where it comes from', () => {
    const carried = { ...notes, main: { ...notes['main'], carriedFrom: 'first' } };
    const text = textIn(listing(ALL_DONE, { notes: carried, change: { retryOf: 'parent' } }));
    assert.match(text, /\*\*Repeats\*\* Job\u00a0`parent`/);
    assert.match(text, /\*\*Main\*\* · seed\u00a099 · made by job\u00a0`first`\n1\. /);
    assert.match(text, /\*\*Comparison\*\* · seed\u00a099\n1\. \*\*\[API_ERROR\]\*\* \(`HTTP 503`\)/);
    assert.match(text, /4\. \*\*Done\*\* .*changed: seed 99, prompt variation 3/);
    assert.match(text, /\*\*Estimated cost\*\* /);
  });

  it('bring every prompt whole in a file, as it was sent', () => {
    const job = listing(ALL_DONE, { notes });
    const { body, promptFile } = detailsOf(job);
    assert.ok(promptFile !== null);
    for (const name of ['Main', 'Infographic 1', 'Infographic 2', 'Lifestyle', 'Comparison'])
      assert.match(promptFile.text, new RegExp(`^${name}\n\n`, 'm'));
    for (const prompt of Object.values(job.input.itemPrompts)) assert.ok(promptFile.text.includes(prompt));
    assert.equal(promptFile.text.split('[VARIATION: Prioritize clean composition]').length, 6);
    assert.match(textsOf(body.components), /they are in the file/);
  });

  it('show one prompt once where all items were sent the same', () => {
    const four = newJob({ itemNames: nameItems('image', 4) });
    const { promptFile } = detailsOf(four);
    assert.equal(promptFile, null);
    assert.match(textIn(four), /\*\*Prompt\*\*\n> .*a beautiful sunset/);
  });

  it('stay within what Discord takes with five items of four attempts each and the longest words', () => {
    const long = failure('provider-error', 'retry', { providerStatus: 'x`'.repeat(200) });
    const changes = Array.from({ length: 30 }, (_, index) => ({
      field: `f_${index}`.repeat(20),
      from: 'x',
      to: 'y'.repeat(200),
    }));
    const many = Array.from({ length: 4 }, (_, index) =>
      attempt({
        number: index + 1,
        seed: index,
        variation: index,
        failure: long,
        changes,
        model: `owner/${'m'.repeat(100)}${index}`,
      }),
    );
    const worst = Object.fromEntries(LISTING_ITEMS.map((name) => [name, { attempt: 4, attempts: many }]));
    const settings = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`**key_${index}`, '*'.repeat(50)]));
    const product = { ...PRODUCT, title: '*'.repeat(200) };
    const input = { ...newJob().input, settings, negativePrompt: '*'.repeat(1_000), model: 'a/b'.repeat(60) };
    for (const each of [notes, worst]) {
      const { body, promptFile } = detailsOf(listing(ALL_DONE, { notes: each, product, change: { input } }));
      const plain = { ...body, flags: body.flags & ~64 };
      assert.deepEqual(checkMessage(plain, promptFile === null ? [] : [promptFile.name]), []);
    }
    const text = textIn(listing(ALL_DONE, { notes: worst, product }));
    assert.equal(text.match(/^4\. \*\*\[API_ERROR\]/gm)?.length, 5, 'the last attempt of each is told');
  });

  it('ask before all of its pictures are deleted', () => {
    const question = JSON.stringify(renderDeleteQuestion(listing(ALL_DONE), '1', en));
    assert.match(question, /Delete these 5 pictures for good\?/);
    assert.ok(buttonsOf(detailsOf(listing(ALL_DONE)).body.components).some(({ label }) => label === 'Delete'));
  });
});

describe('the form of a product', () => {
  it('holds title, features and audience as they are, and gives back what is typed', () => {
    const { components } = renderEditForm(listing(ALL_DONE), en);
    const inputs = components.map((each) => JSON.parse(JSON.stringify(each)).component as Record<string, unknown>);
    assert.deepEqual(
      inputs.map(({ custom_id: id, value, required }) => [id, value, required]),
      [
        ['title', 'Blue mug', true],
        ['feature_1', 'keeps warm', true],
        ['feature_2', 'dishwasher safe', false],
        ['feature_3', undefined, false],
        ['audience', 'night workers', false],
      ],
    );
    const typed = new Map([
      ['title', ' Jar '],
      ['feature_1', 'tight'],
      ['feature_2', ''],
      ['audience', ' '],
    ]);
    assert.deepEqual(readEditedProduct(typed), { title: 'Jar', features: ['tight', null, null], audience: null });
  });
});
