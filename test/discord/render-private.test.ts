/** Details, lists, questions and help: what only one person sees, with friendly and hostile jobs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PrivateCard } from '../../src/discord/private-card.ts';
import { renderDeleteQuestion, renderDetails } from '../../src/discord/render-details.ts';
import { renderHelp } from '../../src/discord/render-help.ts';
import { JOBS_PER_PAGE, renderClearQuestion, renderJobList } from '../../src/discord/render-lists.ts';
import { renderCardPictures } from '../../src/discord/render-removed.ts';
import { failure, type Attempt, type Item, type Job } from '../../src/jobs/job.ts';
import { en } from '../../src/locales/en.ts';
import { newJob } from '../jobs/new-job.ts';
import { attempt } from './sample-attempt.ts';
import { buttonsOf, checkMessage, textsOf } from './message-limits.ts';

const NOW = 1_800_000_000_000;
const EPHEMERAL = 64;
/** Every character of it is escaped. */
const HOSTILE = '*_`~|<@everyone>[](){}#+-.!'.repeat(148);

/** What Discord would refuse about it; the ephemeral flag is for the answer alone. */
function refusals(card: PrivateCard, files: readonly string[] = []): string[] {
  assert.equal(card.flags & EPHEMERAL, EPHEMERAL, 'only one person sees it');
  assert.deepEqual(card.allowed_mentions, { parse: [] });
  return checkMessage({ ...card, flags: card.flags & ~EPHEMERAL }, files);
}

function finished(attempts: Attempt[], change: Partial<Job> = {}, prompt = 'a red boat'): Job {
  const job = newJob({ createdAt: NOW - 10_000 });
  const [first] = job.items;
  assert.ok(first);
  const last = attempts.at(-1);
  const item: Item = { ...first, state: 'done', assets: [], attempt: attempts.length, attempts, seed: last?.seed ?? 0 };
  return {
    ...job,
    state: 'done',
    items: [item],
    startedAt: NOW,
    finishedAt: NOW + 5_000,
    ...change,
    input: { ...job.input, prompt, provider: 'replicate', aspectRatio: '16:9', negativePrompt: 'fog' },
  };
}

const detailsOf = (job: Job, mayDelete = true): ReturnType<typeof renderDetails> =>
  renderDetails({ job, cardMessageId: '1', mayDelete, locale: en });

describe('Details', () => {
  const lost = failure('provider-error', 'retry', { providerStatus: 'HTTP 503' });
  const blank = failure('no-output', 'vary');

  it('tell what each attempt came to, how long it took, and what was changed for the next', () => {
    const job = finished([
      attempt({ failure: lost }),
      attempt({ number: 2, failure: blank }),
      attempt({ number: 3, seed: 9, variation: 1 }),
    ]);
    const text = textsOf(detailsOf(job).body.components);
    assert.match(text, /1\. \*\*\[API_ERROR\]\*\* \(`HTTP 503`\) · 4\.2\u00a0s/);
    assert.match(text, /2\. \*\*\[NO_OUTPUT\]\*\* .* · the same request again/);
    assert.match(text, /3\. \*\*Done\*\* .* · changed: seed 9, prompt variation 1/);
    assert.match(text, /Prompt as sent.*\n> .*VARIATION/);
    assert.match(text, /10\.0\u00a0s in line · 5\.0\u00a0s from start to end/);
  });

  it('stay within what Discord takes, whatever the prompt and however many attempts', () => {
    const many = Array.from({ length: 21 }, (_, index) =>
      attempt({ number: index + 1, seed: index, failure: { ...lost, providerStatus: HOSTILE } }),
    );
    const { body, promptFile } = detailsOf(finished(many, {}, HOSTILE));
    assert.deepEqual(refusals(body, ['prompt.txt']), []);
    assert.equal(promptFile?.text.trim(), HOSTILE, 'the whole prompt comes along as a file');
    assert.match(textsOf(body.components), /…and \d+ earlier ones/);
    assert.match(textsOf(body.components), /21\. /, 'the last attempt is always there');
  });

  it('do not take a model that was never told for a change', () => {
    const text = textsOf(
      detailsOf(finished([attempt({ failure: lost, model: null }), attempt({ number: 2 })])).body.components,
    );
    assert.doesNotMatch(text, /changed/);
  });

  it('offer Delete to those who may', () => {
    const job = finished([attempt({})]);
    assert.deepEqual(
      buttonsOf(detailsOf(job).body.components).map(({ label }) => label),
      ['Delete'],
    );
    assert.deepEqual(buttonsOf(detailsOf(job, false).body.components), []);
    assert.deepEqual(refusals(renderDeleteQuestion(job, '1', en)), []);
  });

  it('say so when no attempt was made', () => {
    assert.match(textsOf(detailsOf(finished([])).body.components), /None: it ended before its turn came/);
  });
});

describe('a list of jobs', () => {
  const place = { kind: 'list', state: null, userId: null, trail: [] } as const;

  it('stays within what Discord takes when it is full of the worst', () => {
    const jobs = Array.from({ length: JOBS_PER_PAGE }, () => finished([], { userId: '1'.repeat(19) }, HOSTILE));
    const card = renderJobList({ place: { ...place, trail: ['o8', 'o16'] }, jobs, next: 'zzzz' }, en);
    assert.deepEqual(refusals(card), []);
  });

  it("counts another's private picture and shows nothing of it", () => {
    const card = renderJobList({ place, jobs: [finished([], { private: true }, 'a secret')], next: null }, en);
    assert.doesNotMatch(textsOf(card.components), /secret/);
    assert.match(textsOf(card.components), /something private/);
    assert.deepEqual(buttonsOf(card.components), []);
  });

  it('says whether it looked at everything when nothing matched', () => {
    assert.match(textsOf(renderJobList({ place, jobs: [], next: null }, en).components), /No job matches\./);
    const more = renderJobList({ place, jobs: [], next: 'a1' }, en);
    assert.match(textsOf(more.components), /No job matches so far\./);
    assert.deepEqual(
      buttonsOf(more.components).map(({ label }) => label),
      ['Search older'],
    );
  });
});

describe('the question before a clearing', () => {
  const choice = { kind: 'clear', state: null, userId: null, jobId: null, createdBefore: NOW, askedAt: NOW } as const;

  it('counts by state, warns about work under way, and asks', () => {
    const byState = new Map([
      ['failed', 2],
      ['running', 1],
    ] as const);
    const card = renderClearQuestion({ choice: { ...choice, state: 'running' }, isAged: true, byState, total: 3 }, en);
    const text = textsOf(card.components);
    assert.match(text, /Clear 3 jobs\?/);
    assert.match(text, /\*\*1\*\* Running · \*\*2\*\* Failed/);
    assert.match(text, /1 job under way will be cancelled first/);
    assert.match(text, /Asked for before <t:1800000000:f>/);
    assert.deepEqual(refusals(card), []);
  });

  it('has nothing to press when there is nothing to clear', () => {
    const card = renderClearQuestion({ choice, isAged: false, byState: new Map(), total: 0 }, en);
    assert.match(textsOf(card.components), /Nothing to clear/);
    assert.deepEqual(buttonsOf(card.components), []);
    assert.deepEqual(refusals(card), []);
  });
});

describe('other private answers', () => {
  it('help lists what may be used, to be pressed once Discord gave it an id', () => {
    const commands = [
      { name: 'generate', description: 'Make a picture', id: '12' },
      { name: 'jobs list', description: 'Jobs', id: null },
    ];
    const card = renderHelp({
      menus: ['Animate image'],
      commands,
      providers: ['replicate', 'local'],
      runningLimit: 2,
      waitingLimit: 10,
      locale: en,
    });
    assert.match(textsOf(card.components), /<\/generate:12> Make a picture\n`\/jobs list` Jobs/);
    assert.deepEqual(refusals(card), []);
  });

  it('Download of a removed job hands out what the card still shows, or says the day', () => {
    const pictures = ['https://cdn/a.png', 'https://cdn/b.png'].map((url) => ({ url, description: 'a red boat' }));
    const card = renderCardPictures(pictures, NOW, en);
    assert.match(textsOf(card.components), /removed on <t:1800000000:D>/);
    assert.ok(pictures.every(({ url }) => JSON.stringify(card).includes(url)));
    assert.match(JSON.stringify(card), /"description":"a red boat"/, 'with its alt text');
    assert.match(textsOf(renderCardPictures([], NOW, en).components), /removed on/);
  });
});

it('Details tells how often a file was asked for, and what was sent otherwise than asked', () => {
  const lost = failure('file-gone', 'give-up', { providerStatus: 'file HTTP 404' });
  const fetched = attempt({
    fetches: { tries: 2, lastFailure: lost },
    changes: [{ field: 'guidance', from: '7', to: null }],
  });
  const words = JSON.stringify(
    renderDetails({ job: finished([fetched]), cardMessageId: null, mayDelete: false, locale: en }).body,
  );
  assert.match(words, /fetched at the 2nd try, before that `file HTTP 404`/);
  assert.match(words, /without `guidance`/);
});
