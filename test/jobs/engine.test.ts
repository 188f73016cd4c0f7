import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, getItem, type Item, type Job, type Operation } from '../../src/jobs/job.ts';
import { StoreFailure, type JobStore } from '../../src/jobs/ports.ts';
import type { CallOptions, Checked } from '../../src/providers/provider.ts';
import { replaceMethod, startEngine } from './engine-setup.ts';
import { newJob } from './new-job.ts';
import { ScriptedProvider } from './scripted-provider.ts';

const FINISHED: Checked = { status: 'finished', outputs: [{ kind: 'url', url: 'https://files/one.png' }] };
const RUNNING: Checked = { status: 'running', begun: true, progress: 0.5 };

function path(saved: readonly Job[], jobId: string): string[] {
  const states = saved.filter((job) => job.id === jobId).map((job) => getItem(job, 'image').state);
  return states.filter((state, index) => state !== states[index - 1]);
}

function statusOf<S extends Item['state']>(job: Job, state: S): Extract<Item, { state: S }> {
  const item = getItem(job, 'image');
  assert.equal(item.state, state);
  return item as Extract<Item, { state: S }>;
}

test('a request goes from queued to done, each step saved, and its file is kept', async (context) => {
  const harness = await startEngine(context);
  harness.provider.checks.push(RUNNING, FINISHED);
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.deepEqual(path(harness.saved, job.id), ['starting', 'running', 'collecting', 'done']);
  const [asset] = final.result;
  assert.ok(asset);
  assert.equal((await harness.assets.read(asset)).toString(), 'https://files/one.png');
  assert.equal(harness.provider.accepted.length, 1);
});

test('nothing is paid before the card stands', async (context) => {
  const harness = await startEngine(context);
  const job = newJob();
  await harness.engine.submit(job);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(harness.provider.accepted.length, 0);
  await harness.engine.discard(job.id);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'cancelled');
  assert.equal(final.errorCode, 'CANCELLED');
  harness.engine.begin(job.id);
  assert.equal(harness.provider.accepted.length, 0);
});

test('a provider that is busy is asked again after 2, 4 and 8 seconds, then the card can say why', async (context) => {
  const harness = await startEngine(context);
  const busy = failure('provider-error', 'retry', { providerStatus: 'HTTP 503' });
  harness.provider.starts.push(busy, busy, busy, busy);
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.errorCode, 'MAX_RETRIES_EXCEEDED');
  assert.equal(final.causeCode, 'API_ERROR');
  assert.equal(final.retryCount, 3);
  const delays = harness.log.map((line) => line.fields['delayMs']).filter((delay) => delay !== undefined);
  assert.deepEqual(delays, [2_100, 4_200, 8_400]);
  assert.equal(getItem(final, 'image').attempts.length, 4);
});

test('a picture the service refused to give is asked for with another wording and seed, and the record tells', async (context) => {
  const harness = await startEngine(context);
  harness.provider.checks.push({ status: 'failed', failure: failure('output-blocked', 'vary') }, FINISHED);
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  const [first, second] = harness.provider.accepted;
  assert.equal(first?.request.prompt, 'a beautiful sunset over mountains');
  assert.match(second?.request.prompt ?? '', /\[VARIATION: /);
  assert.deepEqual(
    getItem(final, 'image').attempts.map((attempt) => [
      attempt.number,
      attempt.variation,
      attempt.failure?.code ?? null,
    ]),
    [
      [1, 0, 'CONTENT_BLOCKED'],
      [2, 1, null],
    ],
  );
});

test('being rate limited on start uses up no retry and keeps the attempt number', async (context) => {
  const harness = await startEngine(context);
  const limited = failure('rate-limit', 'retry', { retryAfterMs: 4_000 });
  harness.provider.starts.push(limited, limited, limited, limited, limited);
  harness.provider.checks.push(FINISHED);
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.equal(final.retryCount, 0);
  assert.equal(getItem(final, 'image').attempt, 1);
});

test('an answer that was lost after the work was accepted is found, and not paid again', async (context) => {
  const harness = await startEngine(context);
  const changes = [{ field: 'aspect_ratio', from: '3:4', to: '4:5' }];
  harness.provider.foundAs = { model: 'm', changes };
  harness.provider.starts.push('accept-and-lose');
  harness.provider.checks.push(FINISHED);
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.equal(harness.provider.accepted.length, 1);
  const [attempt] = getItem(final, 'image').attempts;
  assert.deepEqual([attempt?.operationId, attempt?.changes], ['op-1', changes]);
});

test('an answer that was lost before the work was accepted is looked for before it is paid for again', async (context) => {
  const harness = await startEngine(context);
  harness.provider.starts.push('lose');
  harness.provider.checks.push(FINISHED);
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.equal(harness.provider.accepted.length, 1);
  assert.ok(harness.provider.finds >= 4, 'after the loss, and once more before the next start');
});

test('work that turns up only after it was given up for lost is cancelled, so that it costs as little as it can', async (context) => {
  const harness = await startEngine(context);
  const { provider } = harness;
  provider.starts.push('accept-and-lose');
  provider.blindFinds = 6;
  const job = newJob();
  await harness.submit(job);
  while (provider.cancelled.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(provider.cancelled, ['op-1']);
  provider.checks.push(FINISHED);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.equal(getItem(final, 'image').attempts.at(-1)?.operationId, 'op-2');
});

test('two equal requests whose answers were lost each find their own work', async (context) => {
  const harness = await startEngine(context);
  harness.provider.starts.push('accept-and-lose', 'accept-and-lose');
  harness.provider.checks.push(FINISHED, FINISHED);
  const input = { ...newJob().input, seed: 7 };
  const [one, two] = [newJob({ input }), newJob({ input })];
  await harness.submit(one);
  await harness.submit(two);
  const finals = [await harness.whenFinal(one.id), await harness.whenFinal(two.id)];
  assert.deepEqual(
    new Set(finals.map((job) => getItem(job, 'image').attempts[0]?.operationId)),
    new Set(['op-1', 'op-2']),
  );
  assert.equal(harness.provider.accepted.length, 2);
});

test('an attempt that takes too long is cancelled upstream before another is paid for', async (context) => {
  const harness = await startEngine(context);
  const job = newJob({ maxRetries: 0 });
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.causeCode, 'TIMEOUT');
  assert.deepEqual(harness.provider.cancelled, ['op-1']);
});

test('a question the provider did not answer does not end the work it is about', async (context) => {
  const harness = await startEngine(context);
  harness.provider.checks.push(failure('network', 'retry'), failure('provider-error', 'retry'), FINISHED);
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.equal(final.retryCount, 0);
  assert.equal(harness.provider.accepted.length, 1);
});

test('a file that could not be fetched is fetched again, and the picture is not paid for again', async (context) => {
  const harness = await startEngine(context);
  harness.provider.checks.push(FINISHED);
  harness.provider.files.push(failure('network', 'retry'), failure('provider-error', 'retry'), 'ok');
  const job = newJob();
  await harness.submit(job);
  assert.equal((await harness.whenFinal(job.id)).state, 'done');
  assert.equal(harness.provider.accepted.length, 1);
});

test('a bug is never retried and shows no stack', async (context) => {
  const harness = await startEngine(context);
  harness.provider.starts.push(new TypeError('undefined is not a function'));
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.errorCode, 'API_ERROR');
  assert.equal(final.retryCount, 0);
  assert.equal(final.errorMessage, 'internal');
});

test('a cancel while the picture is being made stops the work upstream', async (context) => {
  const harness = await startEngine(context, { config: { timeoutMs: { image: 1e9, video: 1e9 } } });
  const job = newJob();
  await harness.submit(job);
  await harness.whenState(job.id, 'running');
  await harness.engine.cancel(job.id, 'u');
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'cancelled');
  assert.deepEqual(final.cancelRequest?.userId, 'u');
  assert.deepEqual(harness.provider.cancelled, ['op-1']);
});

test('a cancel while the paid call is under way waits for its answer and cancels what it started', async (context) => {
  const harness = await startEngine(context);
  const job = newJob();
  harness.provider.onStart = async () => void (await harness.engine.cancel(job.id, 'u'));
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'cancelled');
  assert.deepEqual(harness.provider.cancelled, ['op-1']);
});

test('a cancel in line ends the job at once, unpaid', async (context) => {
  const harness = await startEngine(context, { config: { concurrency: 1, timeoutMs: { image: 1e9, video: 1e9 } } });
  const [first, second] = [newJob(), newJob()];
  await harness.submit(first);
  await harness.submit(second);
  await harness.engine.cancel(second.id, 'u');
  assert.equal((await harness.whenFinal(second.id)).state, 'cancelled');
  assert.equal(harness.provider.accepted.length, 1);
});

test('a wait for the next attempt holds no slot: others go on meanwhile', async (context) => {
  const harness = await startEngine(context, { config: { concurrency: 1 } });
  harness.provider.starts.push(failure('network', 'retry'), 'finish', 'finish');
  const [first, second] = [newJob({ userId: 'a' }), newJob({ userId: 'b' })];
  await harness.submit(first);
  await harness.submit(second);
  await Promise.all([harness.whenFinal(first.id), harness.whenFinal(second.id)]);
  const done = harness.saved.filter((job) => job.state === 'done').map((job) => job.id);
  assert.deepEqual(done, [second.id, first.id]);
});

test("a user's own limit holds what is running and refuses what would wait beyond it", async (context) => {
  const harness = await startEngine(context, {
    config: { userRunningLimit: 1, userWaitingLimit: 1, timeoutMs: { image: 1e9, video: 1e9 } },
  });
  const jobs = [newJob(), newJob(), newJob()] as const;
  assert.equal(await harness.engine.submit(jobs[0]), null);
  harness.engine.begin(jobs[0].id);
  assert.equal(await harness.engine.submit(jobs[1]), null);
  harness.engine.begin(jobs[1].id);
  assert.deepEqual(await harness.engine.submit(jobs[2]), {
    limit: 2,
    open: 2,
    asked: 1,
    runningLimit: 1,
    waitingLimit: 1,
  });
  await harness.whenState(jobs[0].id, 'running');
  assert.equal(harness.provider.accepted.length, 1);
  assert.equal(await harness.engine.submit(newJob({ userId: 'somebody-else' })), null);
});

test('a job older than it may be fails in line instead of starting late', async (context) => {
  const harness = await startEngine(context);
  const job = newJob({ createdAt: harness.clock.now() - 25 * 3_600_000 });
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.errorCode, 'TIMEOUT');
  assert.equal(harness.provider.accepted.length, 0);
});

test('a disk that refuses holds the job where it is: nothing is announced and nothing is paid', async (context) => {
  let refusals = 3;
  const wrapStore = (store: JobStore): JobStore => {
    const save = async (job: Job): Promise<void> => {
      if (getItem(job, 'image').state === 'starting' && refusals-- > 0) throw new StoreFailure('no space');
      await store.save(job);
    };
    return replaceMethod(store, 'save', save);
  };
  const harness = await startEngine(context, { wrapStore });
  let acceptedBeforeSaved = -1;
  harness.provider.onStart = () => void (acceptedBeforeSaved = refusals);
  harness.provider.checks.push(FINISHED);
  const job = newJob();
  await harness.submit(job);
  assert.equal((await harness.whenFinal(job.id)).state, 'done');
  assert.equal(acceptedBeforeSaved, -1, 'the paid call came only after the save was taken');
  assert.equal(harness.provider.accepted.length, 1);
});

test('a request that cannot be saved is refused and leaves nothing behind', async (context) => {
  const wrapStore = (store: JobStore): JobStore =>
    replaceMethod(store, 'save', () => Promise.reject(new StoreFailure('no space')));
  const harness = await startEngine(context, { wrapStore });
  const job = newJob();
  await assert.rejects(harness.engine.submit(job), StoreFailure);
  assert.deepEqual(harness.engine.listOpen(), []);
});

for (const state of ['running', 'collecting', 'waiting'] as const) {
  test(`work that was ${state} when the process ended goes on with the same operation`, async (context) => {
    const before = await startEngine(context, { config: { timeoutMs: { image: 1e9, video: 1e9 } } });
    const job = newJob();
    if (state === 'collecting') {
      before.provider.checks.push(FINISHED);
      before.provider.files.push(...Array.from({ length: 4 }, () => failure('network', 'retry')));
    }
    if (state === 'waiting') before.provider.starts.push(failure('network', 'retry'));
    await before.submit(job);
    await before.whenState(job.id, state);
    const after = await before.restart();
    after.provider.files.length = 0;
    after.provider.checks.length = 0;
    after.provider.checks.push(FINISHED);
    const final = await after.whenFinal(job.id);
    assert.equal(final.state, 'done');
    assert.equal(after.provider.accepted.length, 1);
  });
}

test('a start that was under way when the process ended is looked for before it is paid again', async (context) => {
  const before = await startEngine(context);
  const job = newJob();
  // The process ends inside the paid call, after the service took it.
  before.provider.onStart = async () => {
    before.provider.onStart = null;
    void before.engine.stop();
    await new Promise((resolve) => setImmediate(resolve));
  };
  before.provider.starts.push('accept-and-lose');
  await before.submit(job);
  await before.engine.stop();
  assert.equal(getItem((await before.store.get(job.id)) as Job, 'image').state, 'starting');
  const after = await before.restart();
  after.provider.checks.push(FINISHED);
  assert.equal((await after.whenFinal(job.id)).state, 'done');
  assert.equal(after.provider.accepted.length, 1);
});

test('queued work goes on after a restart once its card is known to stand', async (context) => {
  const before = await startEngine(context);
  const job = newJob();
  await before.engine.submit(job);
  const after = await before.restart();
  assert.equal(after.engine.listOpen().length, 1);
  after.provider.checks.push(FINISHED);
  after.engine.begin(job.id);
  assert.equal((await after.whenFinal(job.id)).state, 'done');
});

test('an item there at two unclean ends runs alone next, and only further ends while alone fail it', async (context) => {
  const config = { timeoutMs: { image: 1e9, video: 1e9 } };
  let harness = await startEngine(context, { config, provider: new NeverAnswering() });
  const job = newJob();
  await harness.submit(job);
  await harness.whenState(job.id, 'running');
  const itemNow = async (): Promise<Item> => getItem((await harness.store.get(job.id)) as Job, 'image');
  harness = await harness.restart();
  assert.equal((await itemNow()).uncleanEnds, 1);
  for (let ends = 2; ends < 7; ends++) {
    harness = await harness.restart();
    while (!(await itemNow()).alone) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await itemNow()).uncleanEnds, ends);
  }
  harness = await harness.restart();
  const final = await harness.whenFinal(job.id);
  assert.equal(statusOf(final, 'failed').failure.reason, 'crashed-alone');
  while (harness.provider.cancelled.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(harness.provider.cancelled, ['op-1'], 'it costs nothing any more');
});

test('ends in company prove nothing, however many there are', async (context) => {
  const config = { timeoutMs: { image: 1e9, video: 1e9 } };
  let harness = await startEngine(context, { config, provider: new NeverAnswering() });
  const [first, second] = [newJob(), newJob()];
  for (const job of [first, second]) await harness.submit(job);
  for (const job of [first, second]) await harness.whenState(job.id, 'running');
  for (let kills = 1; kills <= 6; kills++) {
    harness = await harness.restart();
    const isAlone = async (): Promise<boolean> => getItem((await harness.store.get(first.id)) as Job, 'image').alone;
    if (kills >= 2) while (!(await isAlone())) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(getItem((await harness.store.get(second.id)) as Job, 'image').uncleanEnds, 2);
});

test('a suspect whose attempt comes to nothing is woken once for the next one, and paid once for it', async (context) => {
  const provider = new NeverAnswering();
  let harness = await startEngine(context, { provider });
  const job = newJob();
  await harness.submit(job);
  await harness.whenState(job.id, 'running');
  harness = await harness.restart();
  provider.answers = true;
  provider.checks.push({ status: 'failed', failure: failure('provider-error', 'retry') }, FINISHED);
  harness = await harness.restart();
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.equal(provider.accepted.length, 2);
  const starts = harness.log.filter(({ fields }) => fields.from === 'waiting' && fields.to === 'starting');
  assert.equal(starts.length, 1);
});

test('of several items there at every unclean end only one that was alone is failed', async (context) => {
  const config = { timeoutMs: { image: 1e9, video: 1e9 } };
  let harness = await startEngine(context, { config, provider: new NeverAnswering() });
  const [first, second] = [newJob(), newJob()];
  await harness.submit(first);
  await harness.submit(second);
  await harness.whenState(first.id, 'running');
  await harness.whenState(second.id, 'running');
  const statesNow = (): Promise<(string | undefined)[]> =>
    Promise.all([first, second].map(async ({ id }) => (await harness.store.get(id))?.state));
  const aloneNow = (): Promise<boolean[]> =>
    Promise.all([first, second].map(async ({ id }) => getItem((await harness.store.get(id)) as Job, 'image').alone));
  for (let kills = 1; kills <= 7; kills++) {
    harness = await harness.restart();
    if (kills >= 2 && kills < 7) {
      while (!(await aloneNow()).includes(true)) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(new Set(await aloneNow()), new Set([true, false]));
    }
  }
  assert.deepEqual(new Set(await statesNow()), new Set(['failed', 'running']));
});

test('a start that came to nothing does not count against what was saved', async (context) => {
  const config = { timeoutMs: { image: 1e9, video: 1e9 } };
  const harness = await startEngine(context, { config, provider: new NeverAnswering() });
  const job = newJob();
  await harness.submit(job);
  await harness.whenState(job.id, 'running');
  const vain = await harness.restart(true, { isStarted: false });
  const again = await vain.restart();
  assert.equal(getItem((await again.store.get(job.id)) as Job, 'image').uncleanEnds, 0);
});

test('a question whether a start was accepted that itself fails is asked again, and nothing is paid twice', async (context) => {
  const harness = await startEngine(context);
  harness.provider.starts.push('accept-and-lose');
  harness.provider.findFailures = 6;
  harness.provider.checks.push(FINISHED);
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.equal(final.retryCount, 0);
  assert.equal(harness.provider.accepted.length, 1);
});

test('a cancel while it is in doubt whether the work was accepted cancels it upstream', async (context) => {
  const harness = await startEngine(context, { config: { timeoutMs: { image: 1e9, video: 1e9 } } });
  harness.provider.starts.push('accept-and-lose');
  harness.provider.findFailures = 1;
  const job = newJob();
  await harness.submit(job);
  await harness.whenState(job.id, 'waiting');
  await harness.engine.cancel(job.id, 'u');
  await harness.whenFinal(job.id);
  while (harness.provider.cancelled.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(harness.provider.cancelled, ['op-1']);
});

test('a clock that is set an hour ahead times nothing out that is under way', async (context) => {
  const harness = await startEngine(context);
  harness.provider.checks.push(RUNNING, RUNNING, RUNNING, FINISHED);
  const job = newJob();
  await harness.submit(job);
  await harness.whenState(job.id, 'running');
  harness.clock.jump(3_600_000);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.equal(harness.provider.accepted.length, 1);
});

test('a key that is changed while work is under way does not lose the work', async (context) => {
  const harness = await startEngine(context);
  harness.provider.checks.push(failure('key-refused', 'give-up'), FINISHED);
  const job = newJob();
  await harness.submit(job);
  assert.equal((await harness.whenFinal(job.id)).state, 'done');
});

test('a wanted stop never counts against an item', async (context) => {
  const config = { timeoutMs: { image: 1e9, video: 1e9 } };
  let harness = await startEngine(context, { config, provider: new NeverAnswering() });
  const job = newJob();
  await harness.submit(job);
  await harness.whenState(job.id, 'running');
  for (let stops = 0; stops < 3; stops++) harness = await harness.restart(true);
  assert.equal(getItem((await harness.store.get(job.id)) as Job, 'image').uncleanEnds, 0);
});

test('an item that got on after a crash is not suspected any more', async (context) => {
  const config = { timeoutMs: { image: 1e9, video: 1e9 } };
  const before = await startEngine(context, { config });
  const job = newJob();
  await before.submit(job);
  await before.whenState(job.id, 'running');
  const after = await before.restart();
  after.provider.checks.push(RUNNING, FINISHED);
  assert.equal(getItem(await after.whenFinal(job.id), 'image').uncleanEnds, 0);
});

class NeverAnswering extends ScriptedProvider {
  answers = false;

  override check(operation: Operation, options: CallOptions): Promise<Checked> {
    if (this.answers) return super.check(operation, options);
    const { signal } = options;
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }
}

test('where a request will be in line is known while its card is first drawn, and nobody loses a place by it', async (context) => {
  const harness = await startEngine(context, { config: { concurrency: 1 } });
  let goOn = (): void => undefined;
  harness.provider.onStart = () => new Promise((resolve) => (goOn = resolve));
  const [running, first, second] = [newJob(), newJob({ userId: 'b' }), newJob({ userId: 'c' })];
  await harness.submit(running);
  await harness.whenState(running.id, 'starting');
  await harness.submit(first);
  await harness.engine.submit(second);
  const place = (job: Job): number | undefined => harness.engine.contextOf(job.id).positions.get('image');
  assert.equal(place(second), 2);
  assert.equal(place(second), 2, 'looking changes nothing');
  assert.equal(place(first), 1);
  harness.engine.begin(second.id);
  assert.equal(place(second), 2);
  harness.provider.onStart = null;
  goOn();
});
