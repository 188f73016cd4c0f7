/** Jobs of several items, what they go on with, and what they start from. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  carryItem,
  createJob,
  failure,
  getItem,
  type Failure,
  type Item,
  type Job,
  nameItems,
  type Reference,
} from '../../src/jobs/job.ts';
import type { AttemptRequest, CallOptions, Started, StartOptions } from '../../src/providers/provider.ts';
import { ProviderFailure } from '../../src/providers/provider.ts';
import { startEngine, type Harness } from './engine-setup.ts';
import { newJob } from './new-job.ts';
import { ScriptedProvider } from './scripted-provider.ts';

const NAMES = ['main', 'infographic_1', 'infographic_2', 'lifestyle', 'comparison'] as const;
const PRODUCT = { title: 'A boat', features: ['red'], audience: null, keywords: [] };
const TROUBLE = failure('provider-error', 'retry', { providerStatus: 'HTTP 503' });

/** Answers each item by a script of its own; without one, with its picture. */
class SetProvider extends ScriptedProvider {
  readonly requests: AttemptRequest[] = [];
  readonly lost: Record<string, Failure[]> = {};

  constructor() {
    super();
    this.canFind = false;
  }

  override async start(request: AttemptRequest, options: CallOptions): Promise<Started> {
    this.requests.push(request);
    const lost = this.lost[request.item]?.shift();
    if (lost !== undefined) throw new ProviderFailure(lost);
    this.starts.unshift('finish');
    return super.start(request, options);
  }

  promptsOf(item: string): string[] {
    return this.requests.filter((each) => each.item === item).map(({ prompt }) => prompt);
  }
}

function newSet(change: Parameters<typeof newJob>[0] = {}): Job {
  const itemPrompts = Object.fromEntries(NAMES.map((name) => [name, `A boat, ${name}`]));
  const { input, ...rest } = change;
  return newJob({ itemNames: NAMES, input: { product: PRODUCT, itemPrompts, ...input }, ...rest });
}

async function startSet(context: TestContext): Promise<{ harness: Harness; provider: SetProvider }> {
  const provider = new SetProvider();
  return { provider, harness: await startEngine(context, { provider, config: { userRunningLimit: 10 } }) };
}

/** The failed job once more with its done items carried over, as `Retry failed` makes it. */
async function goOn({ assets }: Harness, job: Job): Promise<Job> {
  const id = `${job.id}-again`;
  const done = job.items.filter((item): item is Item & { state: 'done' } => item.state === 'done');
  const carried = await Promise.all(
    done.map(async (item) => {
      const own = item.assets.map((asset, index) => assets.adopt(asset, { jobId: id, item: item.name, index }));
      return carryItem(job, item, await Promise.all(own));
    }),
  );
  return createJob({ ...job, id, itemNames: NAMES, carried, retryOf: job.id });
}

test('each item of a set is asked for with a prompt of its own, and each of several pictures with a seed of its own', async (context) => {
  const { harness, provider } = await startSet(context);
  const set = newSet();
  const four = newJob({ itemNames: nameItems('image', 4), input: { seed: 2 ** 31 - 2 } });
  await harness.submit(set);
  await harness.submit(four);
  assert.equal((await harness.whenFinal(set.id)).state, 'done');
  const final = await harness.whenFinal(four.id);
  for (const name of NAMES) assert.deepEqual(provider.promptsOf(name), [`A boat, ${name}`]);
  assert.deepEqual(
    final.items.map(({ name, seed }) => [name, seed]),
    [
      ['image_1', 2 ** 31 - 2],
      ['image_2', 2 ** 31 - 1],
      ['image_3', 0],
      ['image_4', 1],
    ],
  );
  assert.equal(final.result.length, 4);
});

test('an item of a set is tried again after 1, 2 and 4 s with the three wordings in order, and costs the others nothing', async (context) => {
  const { harness, provider } = await startSet(context);
  provider.lost['infographic_2'] = Array.from({ length: 9 }, () => TROUBLE);
  provider.lost['lifestyle'] = [TROUBLE, TROUBLE];
  const set = newSet();
  await harness.submit(set);
  const final = await harness.whenFinal(set.id);
  assert.equal(final.state, 'partial');
  assert.deepEqual(
    final.items.map(({ state, retryCount }) => [state, retryCount]),
    [
      ['done', 0],
      ['done', 0],
      ['failed', 3],
      ['done', 2],
      ['done', 0],
    ],
  );
  const delays = harness.log.filter(({ fields }) => fields['item'] === 'infographic_2' && 'delayMs' in fields);
  assert.deepEqual(
    delays.map(({ fields }) => Math.round(Number(fields['delayMs']) / 1_050)),
    [1, 2, 4],
  );
  const lines = provider.promptsOf('infographic_2').map((prompt) => prompt.split('\n\n')[1] ?? '');
  assert.deepEqual(lines, [
    '',
    '[VARIATION: Emphasize clarity and simplicity]',
    '[VARIATION: Focus on product detail and precision]',
    '[VARIATION: Prioritize clean composition]',
  ]);
  assert.equal(final.errorCode, 'MAX_RETRIES_EXCEEDED');
  assert.equal(final.causeCode, 'API_ERROR');
});

test('a set that goes on carries what is done: only the rest is asked for, with fresh retries, and its files are its own', async (context) => {
  const { harness, provider } = await startSet(context);
  provider.lost['infographic_2'] = Array.from({ length: 4 }, () => TROUBLE);
  const set = newSet();
  await harness.submit(set);
  const partial = await harness.whenFinal(set.id);
  const asked = provider.requests.length;
  const again = await goOn(harness, partial);
  assert.equal(again.state, 'queued');
  await harness.submit(again);
  const final = await harness.whenFinal(again.id);
  assert.equal(final.state, 'done');
  assert.deepEqual(
    provider.requests.slice(asked).map(({ item }) => item),
    ['infographic_2'],
  );
  assert.deepEqual(
    final.items.map(({ carriedFrom, retryCount }) => [carriedFrom === set.id, retryCount]),
    NAMES.map((name) => [name !== 'infographic_2', 0]),
  );
  await harness.store.remove([set.id], harness.clock.now());
  for (const asset of final.result) assert.equal((await harness.assets.read(asset)).length, asset.bytes);
});

test('cancelling a set keeps what is done by then', async (context) => {
  const { harness, provider } = await startSet(context);
  provider.lost['comparison'] = Array.from({ length: 9 }, () =>
    failure('rate-limit', 'retry', { retryAfterMs: 60_000 }),
  );
  const set = newSet();
  await harness.submit(set);
  while (!harness.saved.some((job) => getItem(job, 'comparison').state === 'waiting' && job.result.length === 4))
    await new Promise((resolve) => setImmediate(resolve));
  await harness.engine.cancel(set.id, 'u');
  const final = await harness.whenFinal(set.id);
  assert.equal(final.state, 'partial');
  assert.equal(getItem(final, 'comparison').state, 'cancelled');
});

test('a cancel while pictures are still on their way to the service costs nothing', async (context) => {
  class SlowUpload extends ScriptedProvider {
    began = false;
    override start(request: AttemptRequest, { unpaid }: StartOptions): Promise<Started> {
      assert.ok(unpaid, `the engine says when ${request.item} is not wanted any more`);
      this.began = true;
      return new Promise((_, reject) => {
        unpaid.addEventListener('abort', () => reject(unpaid.reason as Error), { once: true });
      });
    }
  }
  const provider = new SlowUpload();
  const harness = await startEngine(context, { provider });
  const job = newJob();
  await harness.submit(job);
  while (!provider.began) await new Promise((resolve) => setImmediate(resolve));
  await harness.engine.cancel(job.id, 'u');
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'cancelled');
  assert.equal(provider.accepted.length, 0);
});

test('a set that goes on and never reaches its user leaves nothing behind, and its files stay where they were', async (context) => {
  const { harness, provider } = await startSet(context);
  provider.lost['main'] = Array.from({ length: 4 }, () => TROUBLE);
  const set = newSet();
  await harness.submit(set);
  const partial = await harness.whenFinal(set.id);
  const again = await goOn(harness, partial);
  await harness.engine.submit(again);
  await harness.engine.discard(again.id);
  assert.equal(await harness.store.get(again.id), undefined);
  const { entries } = await harness.history.list({
    scope: { guildId: 'g' },
    matches: () => true,
    from: null,
    limit: 9,
  });
  assert.deepEqual(
    entries.map(({ id }) => id),
    [set.id],
  );
  for (const asset of partial.result) await harness.assets.read(asset);
});

test('what is left of a set that waits can leave the line, and what is done stays done', async (context) => {
  const { harness, provider } = await startSet(context);
  provider.lost['comparison'] = [failure('rate-limit', 'retry', { retryAfterMs: 60_000 })];
  const set = newSet();
  await harness.submit(set);
  while (!harness.saved.some((job) => getItem(job, 'comparison').state === 'waiting' && job.result.length === 4))
    await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await harness.engine.withdraw(set.id, 'u'), true);
  assert.equal((await harness.whenFinal(set.id)).state, 'partial');
});

test('a job with nothing left to make is refused as the mistake it is', async (context) => {
  const { harness } = await startSet(context);
  const set = newSet();
  await harness.submit(set);
  const done = await goOn(harness, await harness.whenFinal(set.id));
  await assert.rejects(harness.engine.submit(done), /something left to make/);
  assert.deepEqual(harness.engine.listOpen(), []);
});

test('carried items take no place in line', async (context) => {
  const { harness, provider } = await startSet(context);
  provider.lost['main'] = Array.from({ length: 4 }, () => TROUBLE);
  const set = newSet();
  await harness.submit(set);
  const again = await goOn(harness, await harness.whenFinal(set.id));
  const tight = await startEngine(context, { provider, config: { userRunningLimit: 1, userWaitingLimit: 1 } });
  assert.equal(await tight.engine.submit(newJob({ userId: set.userId })), null);
  assert.equal(await tight.engine.submit(again), null, 'one open item fits where five would not');
});

const COMING: Reference = {
  name: 'boat.png',
  fromJobId: null,
  state: 'coming',
  source: { kind: 'address', url: 'https://cdn.discordapp.com/boat.png' },
};

async function keepReference({ assets, engine }: Harness, job: Job, index = 0): Promise<void> {
  const bytes = new TextEncoder().encode('a boat');
  const file = { jobId: job.id, item: 'reference', index, bytes, mimeType: 'image/png', extension: '.png' };
  const picture = { asset: await assets.put(file), width: 640, height: 480, isFirstFrame: false };
  await engine.keepReference(job.id, index, { name: 'boat.png', fromJobId: null, state: 'kept', picture });
}

test('nothing is paid before every picture to start from is a file of the job, also after a restart', async (context) => {
  const { harness, provider } = await startSet(context);
  const job = newJob({ references: [COMING, COMING] });
  await harness.submit(job);
  await keepReference(harness, job, 0);
  harness.engine.begin(job.id);
  const restarted = await harness.restart();
  restarted.engine.begin(job.id);
  assert.equal((await restarted.store.get(job.id))?.state, 'queued');
  assert.equal(provider.requests.length, 0);
  await keepReference(restarted, job, 1);
  restarted.engine.begin(job.id);
  assert.equal((await restarted.whenFinal(job.id)).state, 'done');
  const sent = provider.requests[0]?.images ?? [];
  assert.deepEqual(
    sent.map(({ bytes, ...rest }) => [new TextDecoder().decode(bytes), rest]),
    [1, 2].map(() => ['a boat', { mimeType: 'image/png', width: 640, height: 480 }]),
  );
});

test('a picture to start from that is gone from the disk fails the attempt unpaid, in words', async (context) => {
  const { harness, provider } = await startSet(context);
  const job = newJob({ references: [COMING] });
  await harness.submit(job);
  await keepReference(harness, job);
  await harness.assets.removeAll(job.id);
  harness.engine.begin(job.id);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.errorCode, 'VALIDATION_ERROR');
  assert.equal(final.errorMessage, 'reference-lost');
  assert.equal(provider.requests.length, 0);
});

test('a job whose picture cannot be used ends unpaid, and one cancelled meanwhile is not begun by its copy', async (context) => {
  const { harness, provider } = await startSet(context);
  const refused = newJob({ references: [COMING] });
  const cancelled = newJob({ references: [COMING] });
  await harness.submit(refused);
  await harness.submit(cancelled);
  await harness.engine.discard(refused.id, failure('reference-refused', 'give-up', { details: { why: 'broken' } }));
  await harness.engine.cancel(cancelled.id, 'u');
  await keepReference(harness, cancelled);
  harness.engine.begin(cancelled.id);
  assert.equal((await harness.whenFinal(refused.id)).errorCode, 'VALIDATION_ERROR');
  assert.equal((await harness.whenFinal(cancelled.id)).state, 'cancelled');
  assert.equal(provider.requests.length, 0);
});
