import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import {
  type Attempt,
  failure,
  type FailureReason,
  type InputChange,
  type Item,
  type Job,
} from '../../src/jobs/job.ts';
import type { NewJob } from '../../src/jobs/job.ts';
import { estimateCost, type PriceTable, PRICES } from '../../src/jobs/prices.ts';
import { newJob } from './new-job.ts';

const SCHNELL = 'black-forest-labs/flux-schnell';
const SEEDANCE = 'bytedance/seedance-1-pro';
const OMNI = 'gemini-omni-1.1-flash';
const WAN = 'wan-video/wan-2.2-i2v-fast';
const KLEIN = 'black-forest-labs/flux-2-klein-4b';
const FLASH = 'gemini-3.1-flash-image';

type Input = Partial<NewJob['input']>;

function attempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    provider: 'replicate',
    model: SCHNELL,
    operationId: 'p1',
    seed: 1,
    variation: 0,
    changes: [],
    fetches: { tries: 1, lastFailure: null },
    startedAt: 0,
    endedAt: 1,
    failure: null,
    ...changes,
  };
}

/** A job of one item that had these attempts. */
function jobWith(attempts: Attempt[], input: Input = {}): Job {
  const job = newJob({ input: { provider: 'replicate', ...input } });
  return { ...job, items: job.items.map((item): Item => ({ ...item, state: 'done', assets: [], attempts })) };
}

function lost(reason: FailureReason, providerStatus: string | null = null): Attempt['failure'] {
  return failure(reason, 'retry', { providerStatus });
}

test('a picture costs what its model takes for one, whoever named the model', () => {
  const paid = { usd: 0.003, isComplete: true };
  assert.deepEqual(estimateCost(jobWith([attempt()])), paid);
  assert.deepEqual(estimateCost(jobWith([attempt({ model: `${SCHNELL}:0123abcd` })])), paid);
  assert.deepEqual(estimateCost(jobWith([attempt({ model: null })], { model: SCHNELL })), paid);
  const gemini = attempt({ provider: 'gemini', model: `models/${FLASH}`, operationId: null });
  assert.deepEqual(estimateCost(jobWith([gemini])), { usd: 0.067, isComplete: true });
});

test('a setting that changes the price is counted, and one whose price is not known is not guessed', () => {
  const gemini = [attempt({ provider: 'gemini', model: FLASH, operationId: null })];
  assert.equal(estimateCost(jobWith(gemini, { settings: { Image_Size: '4K' } }))?.usd, 0.151);
  assert.equal(estimateCost(jobWith(gemini, { settings: { image_size: '8K' } })), null);
});

test('a video costs by the second: as it was sent, as it was asked for, or as the model makes it by itself', () => {
  const of = (input: Input, changes: InputChange[] = []) =>
    estimateCost(jobWith([attempt({ model: SEEDANCE, changes })], { kind: 'video', ...input }))?.usd;
  const length = (to: string | null): InputChange[] => [{ field: 'duration', from: '20', to }];
  assert.equal(of({}), 0.75);
  assert.equal(of({ durationSeconds: 10 }), 1.5);
  assert.equal(of({ settings: { duration: '4' } }), 0.6);
  assert.equal(of({ durationSeconds: 20 }, length('12')), 1.8);
  assert.equal(of({ durationSeconds: 20 }, length(null)), 0.75);
  assert.equal(of({ durationSeconds: 10, settings: { resolution: '480p' } }), 0.3);
  const run: PriceTable = { replicate: { [SEEDANCE]: { per: 'run', usd: 0.5 } } };
  const endless: PriceTable = { replicate: { [SEEDANCE]: { per: 'second', usd: 1 } } };
  const video = jobWith([attempt({ model: SEEDANCE })], { kind: 'video' });
  assert.deepEqual(estimateCost(video, run), { usd: 0.5, isComplete: true });
  assert.equal(estimateCost(video, endless), null, 'nobody knows how long it is');
});

test('what was sent otherwise than asked is counted as it was sent', () => {
  const of = (model: string, input: Input, changes: InputChange[]) =>
    estimateCost(jobWith([attempt({ model, changes })], { kind: 'video', ...input }))?.usd;
  const change = (field: string, to: string | null): InputChange[] => [{ field, from: 'x', to }];
  const settings = { resolution: '1080p' };
  assert.equal(of(SEEDANCE, { settings, durationSeconds: 5 }, change('resolution', '480p')), 0.15);
  assert.equal(of(SEEDANCE, { durationSeconds: 5 }, change('resolution', '720p')), 0.3);
  assert.equal(of(SEEDANCE, { settings, durationSeconds: 5 }, change('resolution', null)), 0.75, 'its own default');
  assert.equal(of(SEEDANCE, { settings: { seconds: '4' } }, []), 0.6);
});

test('a video that is billed by its frames costs as many as were sent, however fast they are shown', () => {
  const of = (settings: Record<string, string>, durationSeconds: number | null = null, changes: InputChange[] = []) =>
    estimateCost(jobWith([attempt({ model: WAN, changes })], { kind: 'video', settings, durationSeconds }))?.usd;
  assert.equal(of({ num_frames: '96' }), 0.084);
  assert.equal(of({ num_frames: '96', frames_per_second: '30', resolution: '720p' }), 0.192);
  assert.equal(of({}, 6), 0.084);
  assert.equal(of({ frames_per_second: '32' }, 3), 0.084);
  assert.equal(of({ num_frames: '200' }, null, [{ field: 'num_frames', from: '200', to: '112' }]), 0.098);
});

test('each picture that comes of a run is counted, and each that it starts from', () => {
  const picture = { asset: { file: 'a/b.png', mimeType: 'image/png', extension: '.png', bytes: 1, sha256: '' } };
  const kept = { ...picture, width: 8, height: 8, isFirstFrame: false };
  const start = { name: 'a.png', fromJobId: null, state: 'kept', picture: kept } as const;
  const gemini = { provider: 'gemini', model: FLASH, operationId: null };
  const costOf = (changes: Partial<Attempt>, references: Job['references']) =>
    estimateCost({ ...jobWith([attempt(changes)]), references })?.usd;
  assert.equal(costOf(gemini, [start, start]), 0.0682);
  assert.equal(costOf({ ...gemini, changes: [{ field: 'image', from: '2', to: '1' }] }, [start, start]), 0.0676);
  assert.equal(costOf({ model: KLEIN }, [start]), 0.0052);
  const several = jobWith([attempt({ failure: lost('cancelled-by-user') }), attempt()]);
  const items = several.items.map((item): Item => ({ ...item, state: 'done', assets: [picture.asset, picture.asset] }));
  assert.equal(estimateCost({ ...several, items })?.usd, 0.009, 'what was lost is taken for one');
});

test('every attempt that may have been billed counts, and none that was refused or never sent', () => {
  const operation = { operationId: 'p1' };
  const none = { operationId: null };
  const cases: [what: string, attempt: Partial<Attempt>, isPaid: boolean][] = [
    ['failed work', { ...operation, failure: lost('provider-error', 'failed E9828') }, true],
    ['work that was cancelled', { ...operation, failure: lost('cancelled-by-user') }, true],
    ['work that took too long', { ...operation, failure: lost('attempt-timeout') }, true],
    ['work whose input was refused half way', { ...operation, failure: lost('input-refused') }, true],
    ['work whose file is gone', { ...operation, failure: lost('file-gone') }, true],
    ['work that was cancelled in line', { ...operation, failure: lost('provider-queue-timeout') }, false],
    ['work that was given up before it began', { ...operation, failure: lost('attempt-timeout', 'aborted') }, false],
    [
      "Google's work that was cancelled in line",
      {
        ...operation,
        provider: 'gemini',
        model: 'gemini-3.1-flash-lite-image',
        failure: lost('provider-queue-timeout'),
      },
      true,
    ],
    ['an answer that was lost', { ...none, failure: lost('answer-lost', 'HTTP 500') }, true],
    ['a call without an answer in time', { ...none, failure: lost('attempt-timeout', 'no answer in 180 s') }, true],
    ['a call that was cancelled', { ...none, failure: lost('cancelled-by-user') }, true],
    ['an answer in words', { ...none, failure: lost('words-only') }, true],
    ['an answer that is no picture', { ...none, failure: lost('provider-error', 'unreadable picture') }, true],
    ['an overloaded service', { ...none, failure: lost('provider-error', 'HTTP 503 UNAVAILABLE') }, false],
    ['a model that takes no picture', { ...none, failure: lost('image-not-taken') }, false],
    ['a refused input', { ...none, failure: lost('input-refused', 'HTTP 400') }, false],
    ['a blocked prompt', { ...none, failure: lost('prompt-blocked') }, false],
    ['too many requests', { ...none, failure: lost('rate-limit', 'HTTP 429') }, false],
    ['a service that could not be reached', { ...none, failure: lost('network') }, false],
    ['an account that is used up', { ...none, failure: lost('no-credit', 'HTTP 402') }, false],
  ];
  for (const [what, changes, isPaid] of cases) {
    const cost = estimateCost(jobWith([attempt(changes)]));
    assert.deepEqual([(cost?.usd ?? 0) > 0, cost?.isComplete], [isPaid, true], what);
  }
  const both = jobWith([attempt({ failure: lost('answer-lost') }), attempt()]);
  assert.equal(estimateCost(both)?.usd, 0.006);
});

test('what a set only shows again costs nothing here', () => {
  const job = newJob({ input: { provider: 'replicate' }, itemNames: ['main', 'lifestyle'] });
  const items = job.items.map((item): Item => ({
    ...item,
    state: 'done',
    assets: [],
    attempts: [attempt()],
    carriedFrom: item.name === 'main' ? 'job0' : null,
  }));
  assert.deepEqual(estimateCost({ ...job, items }), { usd: 0.003, isComplete: true });
});

test('work in flight is counted: it is paid for when it begins', () => {
  const job = newJob({ input: { provider: 'gemini', kind: 'video', model: OMNI, durationSeconds: 5 } });
  const operation = { provider: 'gemini', id: 'v1', data: {} };
  const inState = (state: Partial<Item>): Job => ({
    ...job,
    items: job.items.map((item) => ({ ...item, model: OMNI, ...state }) as Item),
  });
  assert.deepEqual(estimateCost(job), { usd: 0, isComplete: true });
  assert.equal(estimateCost(inState({ state: 'running', operation, begunAt: null }))?.usd, 0.51);
  assert.equal(estimateCost(inState({ state: 'starting' }))?.usd, 0.51);
});

test('what is painted here is free, and a model without a price is not guessed', () => {
  const local = jobWith([attempt({ provider: 'local', model: 'local', operationId: null })], { provider: 'local' });
  assert.deepEqual(estimateCost(local), { usd: 0, isComplete: true });
  for (const model of ['nobody/nothing', 'constructor', null])
    assert.equal(estimateCost(jobWith([attempt({ model })])), null);
  assert.equal(estimateCost(jobWith([attempt({ provider: 'toString' })])), null);
  const job = newJob({ input: { provider: 'replicate' }, itemNames: ['main', 'lifestyle'] });
  const models = [SCHNELL, 'nobody/nothing'];
  const items = job.items.map((item, index): Item => ({
    ...item,
    state: 'done',
    assets: [],
    attempts: [attempt({ model: models[index] ?? null })],
  }));
  assert.deepEqual(estimateCost({ ...job, items }), { usd: 0.003, isComplete: false });
});

test('the models that are used where nobody names one have a price', () => {
  const keys = { DISCORD_TOKEN: 'a', REPLICATE_API_TOKEN: 'b', GEMINI_API_KEY: 'c' };
  const { replicate, gemini } = readConfig(keys);
  for (const model of [replicate?.imageModel, replicate?.videoModel])
    assert.ok(Object.hasOwn(PRICES.replicate ?? {}, model ?? ''), model);
  for (const model of [gemini?.imageModel, gemini?.videoModel])
    assert.ok(Object.hasOwn(PRICES.gemini ?? {}, model ?? ''), model);
  // Those that step in where these take no picture.
  for (const model of [KLEIN, WAN]) assert.ok(Object.hasOwn(PRICES.replicate ?? {}, model), model);
});

test('each price says when and where it was read, and what it is at each setting', () => {
  for (const [name, price] of Object.values(PRICES).flatMap((models) => Object.entries(models))) {
    assert.match(price.read, /^202\d-\d\d-\d\d$/, name);
    assert.match(price.source, /^https:\/\//, name);
    const tiers = Object.entries(price.tiers?.usd ?? {});
    for (const usd of [price.usd, ...tiers.map(([, each]) => each)]) assert.ok(usd > 0 && usd < 10, name);
    for (const [value] of tiers) assert.equal(value, value.toLowerCase(), name);
    assert.equal(name, name.toLowerCase());
  }
});
