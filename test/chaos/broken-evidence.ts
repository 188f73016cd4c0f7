/** What broken promises would leave behind: each row changes the evidence of a run that kept them all. */
import assert from 'node:assert/strict';
import type { Attempt, Item, Job } from '../../src/jobs/job.ts';
import { failure } from '../../src/jobs/job.ts';
import type { Evidence } from './evidence.ts';

/** Of a run that kept every promise, what a broken one would have left. Each must be noticed by the check named. */
export const BROKEN: readonly [what: string, check: RegExp, breakIt: (evidence: Evidence) => Partial<Evidence>][] = [
  ['a job that is not final', /every job is final/, ({ jobs }) => ({ jobs: replaceFirst(jobs, isDone, unfinish) })],
  ['an id still listed as open', /every job is final/, () => ({ open: ['somejob'] })],
  ['a record that cannot be read', /every job is final/, () => ({ unreadable: ['job:somejob'] })],
  ['a final job that the history left out', /history/, ({ history }) => ({ history: history.slice(1) })],
  ['a job twice in the history', /history/, ({ history }) => ({ history: [...history, ...history.slice(0, 1)] })],
  [
    'two jobs of one interaction',
    /one job for/,
    ({ jobs }) => ({ jobs: [...jobs, { ...firstDone(jobs), id: 'twin' }] }),
  ],
  ['a job out of nowhere', /one job for/, () => ({ asked: [] })],
  ['a picture that was paid for twice', /paid twice/, ({ predictions }) => ({ predictions: doubleFirst(predictions) })],
  ['work that two attempts share', /paid twice/, ({ jobs }) => ({ jobs: replaceFirst(jobs, isPaid, shareWork) })],
  ['work nobody was paid for', /paid twice/, () => ({ predictions: [] })],
  ['work of another item', /paid twice/, ({ jobs }) => ({ jobs: replaceFirst(jobs, isPaid, changePrompt) })],
  [
    'a Gemini picture that was paid for twice',
    /once for each attempt/,
    ({ generations }) => ({ generations: doubleFirst(generations) }),
  ],
  ['a Gemini picture that nobody was paid for', /once for each attempt/, () => ({ generations: [] })],
  [
    'a Gemini answer lost without a kill',
    /once for each attempt/,
    ({ jobs }) => ({ jobs: replaceFirst(jobs, isByGemini, loseAnswer), killedAt: [] }),
  ],
  [
    'a Gemini item that was given up because of a kill',
    /once for each attempt/,
    ({ jobs }) => ({ jobs: replaceFirst(jobs, isByGemini, giveUp), killedAt: startsOf(jobs) }),
  ],
  [
    'a Gemini item whose answer was lost on the way three times',
    /once for each attempt/,
    ({ jobs }) => ({ jobs: replaceFirst(jobs, isByGemini, loseThrice), killedAt: startsOf(jobs) }),
  ],
  ['a webhook that was refused', /webhooks/, ({ webhooks }) => ({ webhooks: answerAll(webhooks, 401) })],
  ['a webhook that broke the server', /webhooks/, ({ webhooks }) => ({ webhooks: answerAll(webhooks, 500) })],
  [
    'presses that nobody answered',
    /every press/,
    ({ asked }) => ({ asked: asked.map(unanswer), killedAt: [], goneAt: [] }),
  ],
  [
    'a download without its file',
    /hand out/,
    ({ handouts }) => ({ handouts: handouts.map((each) => ({ ...each, files: [] })) }),
  ],
  ['details that do not come', /hand out/, ({ handouts }) => ({ handouts: handouts.map(silence) })],
  ['a card left open', /one card/, ({ messages }) => ({ messages: reword(messages, '### Done', '### Generating') })],
  ['a second card for a job', /one card/, ({ messages }) => ({ messages: doubleMessages(messages) })],
  ['a card that nobody asked to see again', /one card/, ({ asked }) => ({ asked: asked.filter(isNoShow) })],
  [
    'a card without its picture',
    /one card/,
    ({ messages }) => ({ messages: reword(messages, '"media"', '"nothing"') }),
  ],
  ['a public message that thinks', /thinking/, ({ messages }) => ({ messages: think(messages, null) })],
  [
    'a private one that thinks without a kill',
    /thinking/,
    ({ messages }) => ({ messages: think(messages, 'someone'), killedAt: [] }),
  ],
  ['a carried picture with other bytes', /carried/, ({ jobs }) => ({ jobs: [...jobs, changeHash(goOn(jobs))] })],
  ['a carried picture that was tried again', /carried/, ({ jobs }) => ({ jobs: [...jobs, retry(goOn(jobs))] })],
  ['a carried picture that nobody had made', /carried/, ({ jobs }) => ({ jobs: [goOn(jobs)] })],
  ['a done picture of a set that was made again', /carried/, ({ jobs }) => ({ jobs: makeAgain(jobs) })],
  ['a folder of nobody', /folder/, ({ folders }) => ({ folders: [...folders, 'gone'] })],
  ['a file that is not of its type', /every file/, ({ jobs }) => ({ jobs: replaceFirst(jobs, isDone, changeType) })],
  [
    'a reference that is gone',
    /every file/,
    ({ jobs }) => ({ jobs: replaceFirst(jobs, startsFromPicture, loseReference) }),
  ],
  [
    'a video that was begun twice',
    /once for each attempt/,
    ({ generations }) => ({ generations: doubleFirst(generations.filter(({ kind }) => kind === 'video')) }),
  ],
  ['a job without a card', /one card/, () => ({ messages: [] })],
  [
    'a move that is not legal',
    /legal/,
    ({ lines }) => ({ lines: changeMoves(lines, 'starting', 'collecting', 'done') }),
  ],
  ['a gap in the moves', /legal/, ({ lines }) => ({ lines: lines.filter(({ fields }) => fields['to'] !== 'running') })],
  [
    'a failed attempt that met no fault',
    /met a fault/,
    ({ jobs }) => ({ jobs: replaceFirst(jobs, isPaid, failAttempt) }),
  ],
  ['an innocent that was failed', /no kill failed/, ({ jobs }) => ({ jobs: replaceFirst(jobs, isDone, crash) })],
  ['a cancel nobody asked for', /no kill failed/, ({ jobs }) => ({ jobs: replaceFirst(jobs, isDone, cancel) })],
  ['a file that is gone', /every file/, () => ({ assetFolder: 'nowhere' })],
  ['a file that is not what was saved', /every file/, ({ jobs }) => ({ jobs: replaceFirst(jobs, isDone, changeHash) })],
  ['a process that broke down', /ended by itself/, () => ({ brokenEnds: ['life 2: code 1'] })],
];

function isNoShow({ what }: Evidence['asked'][number]): boolean {
  return what !== 'show' && what !== 'Post here';
}

function think(messages: Evidence['messages'], ephemeralFor: string | null): Evidence['messages'] {
  return messages.map((each) => ({ ...each, ephemeralFor, isLoading: true }));
}

/** A job that goes on with one that is done, and has nothing to make. */
function goOn(jobs: readonly Job[]): Job {
  const job = firstDone(jobs);
  return { ...changeItems(job, (item) => ({ ...item, carriedFrom: job.id })), id: 'next' };
}

function retry(job: Job): Job {
  return changeAttempts(job, (attempts) => [...attempts, ...attempts]);
}

/** As `Retry failed` of a set whose done items were forgotten. */
function makeAgain(jobs: readonly Job[]): Job[] {
  const before: Job = { ...firstDone(jobs), state: 'partial' };
  const origin = { ...before.origin, cardMessageId: 'card' };
  return [before, { ...before, id: 'next', retryOf: before.id, origin }];
}

function changeType(job: Job): Job {
  const mimeType = job.input.kind === 'image' ? 'video/mp4' : 'image/png';
  return changeItems(job, (item) =>
    item.state === 'done' ? { ...item, assets: item.assets.map((asset) => ({ ...asset, mimeType })) } : item,
  );
}

export function startsFromPicture({ references }: Job): boolean {
  return references.some(({ state }) => state === 'kept');
}

function loseReference(job: Job): Job {
  const references = job.references.map((reference) =>
    reference.state === 'kept'
      ? { ...reference, picture: { ...reference.picture, asset: { ...reference.picture.asset, file: 'no/where.png' } } }
      : reference,
  );
  return { ...job, references };
}

function replaceFirst(jobs: readonly Job[], fits: (job: Job) => boolean, change: (job: Job) => Job): Job[] {
  const index = jobs.findIndex(fits);
  return jobs.map((job, place) => (place === index ? change(job) : job));
}

function isDone(job: Job): boolean {
  return job.state === 'done';
}

export function isPaid(job: Job): boolean {
  return isDone(job) && job.items.some(({ attempts }) => attempts.at(-1)?.operationId != null);
}

export function isByGemini(job: Job): boolean {
  return isDone(job) && job.items.some(({ attempts }) => attempts.at(-1)?.provider === 'gemini');
}

function firstDone(jobs: readonly Job[]): Job {
  const job = jobs.find(isDone);
  assert.ok(job !== undefined, 'a job was done');
  return job;
}

function changeItems(job: Job, change: (item: Item) => Item): Job {
  return { ...job, items: job.items.map(change) };
}

function changeAttempts(job: Job, change: (attempts: Attempt[]) => Attempt[]): Job {
  return changeItems(job, (item) => ({ ...item, attempts: change(item.attempts) }));
}

function unfinish(job: Job): Job {
  return { ...changeItems(job, (item) => ({ ...item, state: 'starting' })), state: 'running' };
}

function shareWork(job: Job): Job {
  return changeAttempts(job, (attempts) => [...attempts, ...attempts]);
}

function changePrompt(job: Job): Job {
  return { ...job, input: { ...job.input, prompt: 'something else' } };
}

function failAttempt(job: Job): Job {
  return changeAttempts(job, (attempts) =>
    attempts.map((attempt) => ({ ...attempt, failure: failure('out-of-memory', 'give-up') })),
  );
}

function crash(job: Job): Job {
  return changeItems(job, (item) => ({
    ...item,
    state: 'failed',
    failure: failure('crashed-alone', 'give-up'),
    causeCode: null,
  }));
}

const LOST = failure('answer-lost', 'retry', { providerStatus: 'lost with the process' });

function loseOnly(job: Job): Job {
  return changeAttempts(job, (attempts) => attempts.slice(-1).map((last) => ({ ...last, number: 1, failure: LOST })));
}

function giveUp(job: Job): Job {
  return changeItems(loseOnly(job), (item) => ({
    ...item,
    state: 'failed',
    failure: LOST,
    causeCode: null,
  }));
}

function loseThrice(job: Job): Job {
  return changeAttempts(job, (attempts) =>
    attempts.slice(-1).flatMap((attempt) =>
      [1, 2, 3].map((number) => ({
        ...attempt,
        number,
        failure: { ...LOST, mostRetries: 1, providerStatus: 'ECONNRESET' },
      })),
    ),
  );
}

/** As if a process had been killed in every attempt. */
function startsOf(jobs: readonly Job[]): number[] {
  return jobs.flatMap(({ items }) => items.flatMap(({ attempts }) => attempts.map(({ startedAt }) => startedAt)));
}

/** The last answer, as a crash would. */
function loseAnswer(job: Job): Job {
  return changeAttempts(job, (attempts) =>
    attempts.map((attempt) => (attempt === attempts.at(-1) ? { ...attempt, failure: LOST } : attempt)),
  );
}

function answerAll(webhooks: Evidence['webhooks'], status: number): Evidence['webhooks'] {
  return webhooks === null ? null : webhooks.map((webhook) => ({ ...webhook, status }));
}

function unanswer(each: Evidence['asked'][number]): Evidence['asked'][number] {
  return { ...each, outcome: 'no-answer' };
}

function silence(each: Evidence['handouts'][number]): Evidence['handouts'][number] {
  return each.label === 'Details' ? { ...each, isThere: false } : each;
}

function cancel(job: Job): Job {
  return changeItems(job, (item) => ({
    ...item,
    state: 'cancelled',
    failure: failure('cancelled-by-user', 'give-up'),
  }));
}

function changeHash(job: Job): Job {
  return changeItems(job, (item) =>
    item.state === 'done' ? { ...item, assets: item.assets.map((asset) => ({ ...asset, sha256: 'other' })) } : item,
  );
}

function doubleFirst<T extends { id: string }>(list: readonly T[]): T[] {
  return list.flatMap((each, index) => (index === 0 ? [each, { ...each, id: `${each.id}again` }] : [each]));
}

function reword(messages: Evidence['messages'], from: string, to: string): Evidence['messages'] {
  return JSON.parse(JSON.stringify(messages).replaceAll(from, to)) as Evidence['messages'];
}

function doubleMessages(messages: Evidence['messages']): Evidence['messages'] {
  return messages.flatMap((each) => [each, { ...each, message: { ...each.message, id: `${each.message.id}0` } }]);
}

function changeMoves(lines: Evidence['lines'], from: string, to: string, changed: string): Evidence['lines'] {
  return lines.map(({ life, fields }) => ({
    life,
    fields: fields['from'] === from || fields['to'] === to ? { ...fields, to: changed } : fields,
  }));
}
