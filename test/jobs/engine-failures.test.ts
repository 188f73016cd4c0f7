/** What the engine does when answers, files, accounts or disks fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, getItem, type Item, type Job } from '../../src/jobs/job.ts';
import { StoreFailure, type JobStore } from '../../src/jobs/ports.ts';
import { type Checked, ProviderFailure } from '../../src/providers/provider.ts';
import { replaceMethod, startEngine } from './engine-setup.ts';
import { newJob } from './new-job.ts';
import { ScriptedProvider } from './scripted-provider.ts';

const finishedAt = (url: string): Checked => ({ status: 'finished', outputs: [{ kind: 'url', url }] });
const image = (job: Job): Item => getItem(job, 'image');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A service that answers with the picture itself and can tell nothing of an answer that was lost. */
function answersAtOnce(): ScriptedProvider {
  const provider = new ScriptedProvider();
  provider.canFind = false;
  return provider;
}

test('an answer that a crash took is tried once more in the open: as another attempt, and the card can say so', async (context) => {
  const provider = answersAtOnce();
  const calls: (() => void)[] = [];
  provider.onStart = () =>
    new Promise<void>((_, reject) => void calls.push(() => reject(new Error('the connection is gone'))));
  let harness = await startEngine(context, { provider });
  const job = newJob();
  await harness.submit(job);
  while (calls.length === 0) await turn();
  provider.onStart = null;
  provider.starts.push('finish');
  // The process ends while the service is at it; what it answers then is heard by nobody.
  const restarted = harness.restart();
  await turn();
  calls[0]?.();
  harness = await restarted;
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.deepEqual(
    image(final).attempts.map(({ number, failure: lost }) => [number, lost?.reason ?? 'done']),
    [
      [1, 'answer-lost'],
      [2, 'done'],
    ],
  );
  assert.equal(final.retryCount, 1);
});

test('a picture that came with the answer is on the disk before anything else is saved: a crash then costs nothing', async (context) => {
  const provider = answersAtOnce();
  provider.starts.push('finish');
  let isRefused = true;
  const wrapStore = (store: JobStore): JobStore =>
    replaceMethod(store, 'save', (job) =>
      isRefused && image(job).state === 'collecting'
        ? Promise.reject(new StoreFailure('the disk takes no more'))
        : store.save(job),
    );
  let harness = await startEngine(context, { provider, wrapStore });
  const job = newJob();
  await harness.submit(job);
  while ((await harness.assets.findAll(job.id, 'image')).length === 0) await turn();
  provider.starts.push(new Error('nothing is to be started again'));
  harness = await harness.restart();
  isRefused = false;
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.equal(image(final).attempts.length, 1);
  assert.equal(final.result.length, 1);
});

test('a file that has moved is fetched from its new address, and how often it was asked for is on the record', async (context) => {
  const harness = await startEngine(context);
  harness.provider.checks.push(finishedAt('https://files/old.png'), finishedAt('https://files/new.png'));
  const gone = failure('file-gone', 'give-up', { providerStatus: 'file HTTP 404' });
  harness.provider.files.push(gone, 'ok');
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  const [asset] = final.result;
  assert.ok(asset);
  assert.equal((await harness.assets.read(asset)).toString(), 'https://files/new.png');
  assert.deepEqual(image(final).attempts[0]?.fetches, { tries: 2, lastFailure: gone });
  assert.equal(harness.provider.accepted.length, 1);
});

test('a file that is gone for good ends the job with the count of tries, unpaid a second time', async (context) => {
  const harness = await startEngine(context);
  const gone = failure('file-gone', 'give-up', { providerStatus: 'file HTTP 410' });
  for (let tries = 1; tries <= 4; tries += 1) harness.provider.checks.push(finishedAt('https://files/old.png'));
  harness.provider.files.push(gone, gone, gone, 'ok');
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.errorCode, 'NO_OUTPUT');
  assert.equal(image(final).attempts[0]?.fetches.tries, 3);
  assert.equal(harness.provider.accepted.length, 1);
});

test('news of the work is followed by a question at once, and news that come late or again change nothing', async (context) => {
  const provider = new ScriptedProvider();
  provider.hasWebhooks = true;
  const harness = await startEngine(context, { provider });
  const job = newJob();
  await harness.submit(job);
  await harness.whenState(job.id, 'running');
  provider.checks.push(finishedAt('https://files/one.png'));
  const news = { jobId: job.id, item: 'image', operationId: 'op-1' };
  harness.engine.hear(news);
  harness.engine.hear(news);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  harness.engine.hear(news);
  harness.engine.hear({ ...news, jobId: 'unknown' });
  harness.engine.hear({ ...news, item: 'unknown' });
  assert.deepEqual(await harness.store.get(job.id), final);
});

test('an operation that a webhook named is asked about first when the answer to its start was lost', async (context) => {
  const harness = await startEngine(context);
  const { provider } = harness;
  const job = newJob();
  provider.starts.push('accept-and-lose');
  provider.onStart = () => harness.engine.hear({ jobId: job.id, item: 'image', operationId: 'op-1' });
  provider.checks.push(finishedAt('https://files/one.png'));
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.deepEqual(provider.heard, ['op-1']);
  assert.equal(provider.accepted.length, 1);
  assert.equal(image(final).attempts[0]?.model, 'm', 'what was found has its model');
});

test('when the account is refused, those who come next are told at once and unpaid, and other providers go on', async (context) => {
  const refusing = new ScriptedProvider('refusing');
  const other = new ScriptedProvider('other');
  const harness = await startEngine(context, { provider: refusing, providers: [refusing, other] });
  refusing.starts.push(failure('no-credit', 'give-up', { providerStatus: 'HTTP 402' }));
  const first = newJob({ input: { provider: 'refusing' } });
  await harness.submit(first);
  assert.equal((await harness.whenFinal(first.id)).errorCode, 'QUOTA_EXCEEDED');
  const second = newJob({ input: { provider: 'refusing' } });
  await harness.submit(second);
  const final = await harness.whenFinal(second.id);
  assert.equal(final.errorCode, 'API_ERROR');
  assert.deepEqual(image(final).attempts, []);
  assert.equal(refusing.accepted.length, 0);
  other.checks.push(finishedAt('https://files/one.png'));
  const third = newJob({ input: { provider: 'other' } });
  await harness.submit(third);
  assert.equal((await harness.whenFinal(third.id)).state, 'done');
  assert.deepEqual(harness.troubles, ['no-credit open']);
});

test('behind trouble that goes on the work waits in line, unpaid, and its card can say until when', async (context) => {
  const harness = await startEngine(context, { config: { breakAfter: 2, concurrency: 1 } });
  const trouble = failure('provider-error', 'retry', { providerStatus: 'HTTP 503' });
  harness.provider.starts.push(trouble, trouble);
  await harness.submit(newJob());
  while (harness.troubles.length === 0) await turn();
  const next = newJob();
  await harness.submit(next);
  assert.equal((await harness.engine.get(next.id))?.state, 'queued');
  const { hold } = harness.engine.contextOf(next.id);
  assert.equal(hold?.reason, 'provider-error');
  assert.ok((hold?.until ?? 0) > harness.clock.now());
  assert.equal(harness.provider.accepted.length, 0);
});

test('with too little room on the disk nothing is paid: the work stays in line and the owner hears of it', async (context) => {
  const harness = await startEngine(context, {
    config: { minFreeBytes: 1_000 },
    wrapAssets: (assets) => replaceMethod(assets, 'measureFree', async () => 999),
  });
  const job = newJob();
  await harness.submit(job);
  while (harness.troubles.length === 0) await turn();
  await turn();
  assert.equal((await harness.engine.get(job.id))?.state, 'queued');
  assert.equal(harness.engine.contextOf(job.id).hold?.reason, 'disk-full');
  assert.equal(harness.provider.accepted.length, 0);
  assert.deepEqual(harness.troubles, ['disk-full']);
});

test('a cancel ends at once what answers with the picture itself, since nothing upstream has to be found first', async (context) => {
  const provider = answersAtOnce();
  provider.wholeInStart = ['image'];
  provider.onStart = (signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut')), { once: true }));
  const harness = await startEngine(context, { provider });
  const job = newJob();
  await harness.submit(job);
  await harness.whenState(job.id, 'starting');
  await harness.engine.cancel(job.id, 'u');
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'cancelled');
  assert.equal(image(final).attempts[0]?.failure?.reason, 'cancelled-by-user');
});

test('answers lost in crashes are tried again while retries are left, each as an attempt of its own, and no longer', async (context) => {
  const provider = answersAtOnce();
  const calls: (() => void)[] = [];
  provider.onStart = () =>
    new Promise<void>((_, reject) => void calls.push(() => reject(new Error('the connection is gone'))));
  let harness = await startEngine(context, { provider });
  const job = newJob({ maxRetries: 1 });
  await harness.submit(job);
  for (let kills = 1; kills <= 2; kills += 1) {
    while (calls.length < kills) await turn();
    const restarted = harness.restart();
    await turn();
    calls.at(-1)?.();
    harness = await restarted;
  }
  const final = await harness.whenFinal(job.id);
  assert.deepEqual(
    [final.state, final.errorCode, final.causeCode],
    ['failed', 'MAX_RETRIES_EXCEEDED', 'NETWORK_ERROR'],
  );
  assert.equal(image(final).attempts.length, 2);
});

test('a stop on purpose waits for an answer that could not be found again, and keeps it', async (context) => {
  const provider = answersAtOnce();
  provider.wholeInStart = ['image'];
  const calls: (() => void)[] = [];
  provider.onStart = () => new Promise<void>((resolve) => void calls.push(resolve));
  provider.starts.push('finish', new Error('nothing is to be started again'));
  let harness = await startEngine(context, { provider });
  const job = newJob();
  await harness.submit(job);
  while (calls.length === 0) await turn();
  const restarted = harness.restart(true);
  calls[0]?.();
  harness = await restarted;
  const final = await harness.whenFinal(job.id);
  assert.equal(final.state, 'done');
  assert.equal(image(final).attempts.length, 1);
});

test('work that was found after its answer was lost shows that the service is there: nobody waits for its end', async (context) => {
  const harness = await startEngine(context, { config: { breakAfter: 1 } });
  harness.provider.starts.push('accept-and-lose');
  const job = newJob();
  await harness.submit(job);
  while (harness.troubles.length < 2) await turn();
  assert.deepEqual(harness.troubles, ['network open', 'network closed']);
});

test('a job leaves the line for another provider only while its turn has not come', async (context) => {
  const harness = await startEngine(context, { config: { concurrency: 1 } });
  const [running, waiting] = [newJob(), newJob()];
  await harness.submit(running);
  await harness.submit(waiting);
  await harness.whenState(running.id, 'running');
  assert.equal(await harness.engine.withdraw(running.id, 'u'), false);
  assert.equal(await harness.engine.withdraw(waiting.id, 'u'), true);
  assert.equal((await harness.whenFinal(waiting.id)).state, 'cancelled');
  assert.equal((await harness.engine.get(running.id))?.state, 'running');
});

test('pictures and videos of one service take turns where it lets through one start at a time', async (context) => {
  const harness = await startEngine(context, { config: { userRunningLimit: 20, userWaitingLimit: 100 } });
  const limited = failure('rate-limit', 'retry', { retryAfterMs: 1_000, providerStatus: 'HTTP 429' });
  harness.provider.starts.push(limited);
  const pictures = Array.from({ length: 6 }, () => newJob());
  const videos = Array.from({ length: 2 }, () => newJob({ input: { kind: 'video' } }));
  for (const job of [...pictures, ...videos]) await harness.submit(job);
  while (harness.provider.accepted.length < 8) await turn();
  const kinds = harness.provider.accepted.map(({ request }) => request.kind);
  assert.ok(kinds.lastIndexOf('video') < 7, `the videos are not left for the end: ${kinds.join(' ')}`);
});

test('a list that did not answer proves nothing: it is asked for the whole time again before anything is paid', async (context) => {
  const harness = await startEngine(context);
  const { provider } = harness;
  provider.starts.push('accept-and-lose');
  provider.findFailures = 1;
  provider.blindFinds = 3;
  provider.checks.push(finishedAt('https://files/one.png'));
  const job = newJob();
  await harness.submit(job);
  assert.equal((await harness.whenFinal(job.id)).state, 'done');
  assert.equal(provider.accepted.length, 1);
});

test('a webhook that names an earlier start after the next was paid has it cancelled', async (context) => {
  const harness = await startEngine(context, { config: { timeoutMs: { image: 1e9, video: 1e9 } } });
  const { provider } = harness;
  provider.starts.push('accept-and-lose');
  provider.blindFinds = 1_000;
  const job = newJob();
  await harness.submit(job);
  while (provider.accepted.length < 2) await turn();
  await harness.whenState(job.id, 'running');
  provider.blindFinds = 0;
  harness.engine.hear({ jobId: job.id, item: 'image', operationId: 'op-1' });
  while (provider.cancelled.length === 0) await turn();
  assert.deepEqual(new Set(provider.cancelled), new Set(['op-1']));
  assert.equal((await harness.engine.get(job.id))?.state, 'running', 'what was paid last goes on');
});

test('a cancel that the service did not take is asked for again', async (context) => {
  const provider = new ScriptedProvider();
  const cancel = provider.cancel.bind(provider);
  let refusals = 2;
  provider.cancel = (operation) =>
    refusals-- > 0 ? Promise.reject(new ProviderFailure(failure('provider-error', 'retry'))) : cancel(operation);
  const harness = await startEngine(context, { provider });
  const job = newJob();
  await harness.submit(job);
  await harness.whenState(job.id, 'running');
  await harness.engine.cancel(job.id, 'u');
  while (provider.cancelled.length === 0) await turn();
  assert.deepEqual(provider.cancelled, ['op-1']);
});

test('a page in place of the file is fetched again as often as it says, and then the job ends, unpaid a second time', async (context) => {
  const harness = await startEngine(context);
  const page = failure('file-refused', 'retry', { mostRetries: 3 });
  harness.provider.checks.push(finishedAt('https://files/one.png'));
  for (let count = 0; count < 5; count += 1) harness.provider.files.push(page);
  const job = newJob();
  await harness.submit(job);
  const final = await harness.whenFinal(job.id);
  assert.equal(image(final).attempts[0]?.fetches.tries, 4);
  assert.equal(harness.provider.accepted.length, 1);
});

test('a configured model that is gone is not called a misspelt one', async (context) => {
  const harness = await startEngine(context);
  harness.provider.starts.push(failure('model-unknown', 'give-up', { details: { model: 'owner/name' } }));
  const job = newJob();
  await harness.submit(job);
  const { state, failure: lost } = image(await harness.whenFinal(job.id)) as Extract<Item, { state: 'failed' }>;
  assert.deepEqual([state, lost.reason, lost.details.model], ['failed', 'model-retired', 'owner/name']);
});
