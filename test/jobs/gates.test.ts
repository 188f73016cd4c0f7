/** When a provider is asked to begin work, and when it is left alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BreakerNews, Gates } from '../../src/jobs/gates.ts';
import { failure, type Failure, type FailureReason } from '../../src/jobs/job.ts';

/** A gate whose time a test moves; waits end when it gets there. */
function openGates(breakAfter = 3) {
  let now = 0;
  const waits: { at: number; end: () => void }[] = [];
  const news: BreakerNews[] = [];
  let opened = 0;
  const gates = new Gates({
    clock: {
      now: () => 1_700_000_000_000 + now,
      monotonic: () => now,
      sleep: (ms) => new Promise((end) => waits.push({ at: now + ms, end })),
    },
    breakAfter,
    onOpen: () => (opened += 1),
    onBreaker: (each) => news.push(each),
    onHold: () => undefined,
    signal: new AbortController().signal,
  });
  const pass = async (ms: number): Promise<void> => {
    now += ms;
    for (const wait of waits.splice(0)) {
      if (wait.at <= now) wait.end();
      else waits.push(wait);
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  /** A start that goes out and is answered. */
  const start = (lost: Failure | null, isOwnChoice = false): void => {
    gates.noteLaunch('replicate', 'a:image');
    if (lost === null) gates.noteAccepted('replicate');
    else gates.noteRefused('replicate', lost, isOwnChoice);
    gates.noteEnd('replicate', 'a:image');
  };
  return { gates, news, pass, start, opened: () => opened };
}

const limited = (retryAfterMs: number | null): Failure =>
  failure('rate-limit', 'retry', { retryAfterMs, providerStatus: 'HTTP 429' });
const trouble = failure('provider-error', 'retry', { providerStatus: 'HTTP 503' });
const refused = (reason: FailureReason): Failure => failure(reason, 'give-up', { providerStatus: 'HTTP 4xx' });

test('a service that asks for a pause gets it, and nothing starts before', async () => {
  const { gates, start, pass, opened } = openGates();
  start(limited(5_000));
  assert.equal(gates.isOpen('replicate'), false);
  assert.equal(gates.isOpen('local'), true, 'others go on');
  assert.deepEqual(gates.holdOf('replicate'), { until: 1_700_000_005_000, reason: 'rate-limit' });
  await pass(4_999);
  assert.equal(gates.isOpen('replicate'), false);
  await pass(1);
  assert.equal(gates.isOpen('replicate'), true);
  assert.ok(opened() > 0, 'those in line hear of it');
});

test('after a refusal starts keep their distance, and each that is accepted shortens it until there is none', async () => {
  const { gates, start, pass } = openGates();
  start(limited(1_000));
  await pass(1_000);
  start(null);
  assert.equal(gates.isOpen('replicate'), false, 'the next one keeps its distance');
  await pass(1_000);
  assert.equal(gates.isOpen('replicate'), true);
  for (let count = 0; count < 40; count += 1) {
    start(null);
    await pass(1_000);
  }
  start(null);
  assert.equal(gates.isOpen('replicate'), true, 'no distance is left');
});

test('an account of six starts a minute gets most of them, with fewer refusals than starts', async () => {
  const { gates, start, pass } = openGates();
  // As Replicate counts: one at once, then one every ten seconds; it names about five of them.
  let next = 0;
  let now = 0;
  let accepted = 0;
  let refusals = 0;
  for (; now < 600_000; now += 500) {
    if (gates.isOpen('replicate')) {
      if (now >= next) {
        next = now + 10_000;
        accepted += 1;
        start(null);
      } else {
        refusals += 1;
        start(limited(5_000));
      }
    }
    await pass(500);
  }
  assert.ok(accepted >= 40, `${accepted} of 60 possible starts`);
  assert.ok(refusals <= accepted, `${refusals} refusals for ${accepted} starts`);
});

test('several refused at once are one refusal', async () => {
  const { gates, start, pass } = openGates();
  for (let count = 0; count < 8; count += 1) start(limited(1_000));
  await pass(1_000);
  start(null);
  await pass(1_000);
  assert.equal(gates.isOpen('replicate'), true, 'the distance is a second, not eight times longer');
});

test('trouble several times in a row leaves the service alone; one start probes, and an accepted one opens again', async () => {
  const { gates, news, start, pass } = openGates(3);
  start(trouble);
  start(trouble);
  assert.equal(gates.isOpen('replicate'), true);
  start(trouble);
  assert.equal(gates.isOpen('replicate'), false);
  assert.equal(gates.holdOf('replicate')?.reason, 'provider-error');
  await pass(10_000);
  assert.equal(gates.isOpen('replicate'), true);
  gates.noteLaunch('replicate', 'b:image');
  assert.equal(gates.isOpen('replicate'), false, 'a single one probes');
  gates.noteAccepted('replicate');
  assert.equal(gates.isOpen('replicate'), true);
  assert.deepEqual(
    news.map(({ state, reason }) => [state, reason]),
    [
      ['open', 'provider-error'],
      ['closed', 'provider-error'],
    ],
  );
});

test('a probe that fails keeps it closed for twice as long, and one that never asked leaves it to the next', async () => {
  const { gates, news, start, pass } = openGates(1);
  start(trouble);
  await pass(10_000);
  start(trouble);
  await pass(10_000);
  assert.equal(gates.isOpen('replicate'), false);
  await pass(10_000);
  assert.equal(gates.isOpen('replicate'), true);
  gates.noteLaunch('replicate', 'cancelled:image');
  gates.noteEnd('replicate', 'other:image');
  assert.equal(gates.isOpen('replicate'), false, 'another one that ends changes nothing');
  gates.noteEnd('replicate', 'cancelled:image');
  assert.equal(gates.isOpen('replicate'), true);
  assert.equal(news.length, 1, 'told once');
});

test('an answer in between means that the service is there', () => {
  const { gates, start } = openGates(2);
  start(trouble);
  start(refused('input-refused'));
  start(trouble);
  assert.equal(gates.isOpen('replicate'), true);
});

test('a refused account fails who comes at once, and after a while one asks again', async () => {
  const { gates, news, start, pass } = openGates();
  start(refused('key-refused'));
  assert.equal(gates.isOpen('replicate'), true, 'nobody waits in line for it');
  assert.equal(gates.holdOf('replicate'), null);
  assert.equal(gates.refusalOf('replicate', 'b:image'), 'key-refused');
  await pass(60_000);
  assert.equal(gates.refusalOf('replicate', 'b:image'), null, 'one asks');
  assert.equal(gates.refusalOf('replicate', 'c:image'), 'key-refused', 'the others do not');
  gates.noteAccepted('replicate');
  assert.equal(gates.refusalOf('replicate', 'c:image'), null);
  assert.deepEqual(
    news.map(({ state }) => state),
    ['open', 'closed'],
  );
});

test('what is refused before the service is asked neither opens nor closes anything', async () => {
  const { gates, start, pass } = openGates();
  start(refused('no-credit'));
  await pass(60_000);
  gates.refusalOf('replicate', 'a:image');
  start(failure('setting-refused', 'give-up'));
  assert.equal(gates.refusalOf('replicate', 'b:image'), null, 'still to be probed');
  assert.equal(gates.refusalOf('replicate', 'c:image'), 'no-credit');
});

test('a model that one member chose does not close the service for all', () => {
  const { gates, start } = openGates(3);
  start(refused('no-quota'), true);
  assert.equal(gates.refusalOf('replicate', 'b:image'), null);
  assert.equal(gates.isOpen('replicate'), true);
});

test('a shorter pause never ends a longer one', async () => {
  const { gates, pass } = openGates();
  gates.hold('replicate', 30_000, 'disk-full');
  gates.hold('replicate', 1_000, 'rate-limit');
  await pass(1_000);
  assert.deepEqual(gates.holdOf('replicate'), { until: 1_700_000_030_000, reason: 'disk-full' });
});

test('a timer that fires a moment early leaves nobody in line for ever', async () => {
  let now = 0;
  const opened = new Promise<boolean>((resolve) => {
    const gates = new Gates({
      clock: {
        now: () => now,
        monotonic: () => now,
        sleep: async (ms) => void (now += ms > 1 ? ms - 0.8 : ms),
      },
      breakAfter: 3,
      onOpen: () => resolve(gates.isOpen('replicate')),
      onBreaker: () => undefined,
      onHold: () => undefined,
      signal: new AbortController().signal,
    });
    gates.hold('replicate', 1_000, 'rate-limit');
  });
  assert.equal(await opened, true);
});
