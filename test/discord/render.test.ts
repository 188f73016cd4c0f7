import assert from 'node:assert/strict';
import { before, after, describe, test } from 'node:test';
import { REST, Routes } from 'discord.js';
import type { APIMessage } from 'discord-api-types/v10';
import { startDiscord } from '../../sandbox/discord/index.ts';
import type { SandboxDiscord } from '../../sandbox/interface.ts';
import {
  renderCard,
  renderFallbackText,
  renderNotice,
  type CardContext,
  type CardMessage,
} from '../../src/discord/render.ts';
import {
  createJob,
  failure,
  getItem,
  moveTo,
  requestCancel,
  type Asset,
  type ItemStatus,
  type Job,
} from '../../src/jobs/job.ts';
import { en } from '../../src/locales/en.ts';
import { buttonsOf, picturesOf, textOf } from '../end-to-end/world.ts';
import { newJob } from '../jobs/new-job.ts';

const CONTEXT: CardContext = {
  now: 1_700_000_000_000,
  locale: en,
  positions: new Map(),
  progress: new Map(),
  providers: [
    { name: 'replicate', label: 'Replicate', isPaid: true },
    { name: 'local', label: 'Local preview', isPaid: false },
  ],
  fallback: 'ask',
  updatesEndAt: null,
};
const ASSET: Asset = { file: 'f', mimeType: 'image/png', extension: '.png', bytes: 5_000, sha256: 's' };
const STATES: Record<string, ItemStatus[]> = {
  queued: [],
  generating: [{ state: 'starting' }],
  retrying: [
    { state: 'starting' },
    { state: 'waiting', until: 1_700_000_008_000, delayMs: 8_000, failure: failure('rate-limit', 'retry') },
  ],
  collecting: [{ state: 'starting' }, { state: 'collecting', operation: null, outputs: [] }],
  done: [
    { state: 'starting' },
    { state: 'collecting', operation: null, outputs: [] },
    { state: 'done', assets: [ASSET] },
  ],
  failed: [
    { state: 'starting' },
    { state: 'failed', failure: failure('attempt-timeout', 'retry'), causeCode: 'TIMEOUT' },
  ],
  cancelled: [{ state: 'cancelled', failure: failure('cancelled-by-user', 'give-up') }],
};
const HOSTILE = [
  '@everyone <@1> <#2> <:a:3> <t:1:R> https://example.com',
  '# head\n> quote\n- list\n```\nfence\n``` `code` **b** __u__ ~~s~~ ||spoiler|| [a](https://b.c) \\',
  `${'م'.repeat(900)}\u202Eesrever\u2066`,
  '👩‍👩‍👧‍👦'.repeat(300),
  '`'.repeat(4_000),
  'x'.repeat(4_000),
  `nul \u0000 and \u0007 bell`,
  '[object Object] __proto__ constructor',
];

function jobIn(state: string, prompt = 'a fox', provider = 'replicate'): Job {
  const first = newJob();
  const job = createJob({ ...first, input: { ...first.input, prompt, provider }, itemNames: ['image'] });
  return (STATES[state] ?? []).reduce(
    (next, to) => moveTo(next, { item: 'image', to, now: CONTEXT.now }, () => ''),
    job,
  );
}

function text({ body }: CardMessage): string {
  // A card has the fields of a message that are read here.
  return textOf(body as unknown as APIMessage);
}

function labels({ body }: CardMessage): string[] {
  return [...buttonsOf(body as unknown as APIMessage).keys()];
}

test('each state begins with its word, before any bar or emoji, and carries the job id', () => {
  const words: Record<string, string> = {
    queued: 'Queued',
    generating: 'Generating',
    retrying: 'Retrying',
    collecting: 'Generating',
    done: 'Done',
    failed: 'Failed',
    cancelled: 'Cancelled',
  };
  for (const [state, word] of Object.entries(words)) {
    const job = jobIn(state);
    const card = text(renderCard(job, CONTEXT));
    assert.ok(card.trimStart().startsWith(`### ${word}`), `${state}: ${card}`);
    assert.ok(card.includes(`\`${job.id}\``));
  }
});

test('there is always something to press, by the table', () => {
  const expected: Record<string, string[]> = {
    queued: ['Cancel'],
    generating: ['Cancel'],
    retrying: ['Cancel'],
    collecting: ['Cancel'],
    done: ['Download', 'Again'],
    failed: ['Retry', 'Fallback: local'],
    cancelled: ['Again'],
  };
  for (const [state, buttons] of Object.entries(expected))
    assert.deepEqual(labels(renderCard(jobIn(state), CONTEXT)), buttons, state);
});

test('a fallback is offered to every other provider that is set up, and to none when the owner wants none', () => {
  const providers = [...CONTEXT.providers, { name: 'gemini', label: 'Gemini', isPaid: true }];
  assert.deepEqual(labels(renderCard(jobIn('failed'), { ...CONTEXT, providers })), [
    'Retry',
    'Fallback: local',
    'Fallback: gemini',
  ]);
  assert.deepEqual(labels(renderCard(jobIn('failed', 'a', 'local'), CONTEXT)), ['Retry', 'Fallback: replicate']);
  assert.deepEqual(labels(renderCard(jobIn('failed'), { ...CONTEXT, fallback: 'never' })), ['Retry']);
});

test('a preview says that it is one, where it came from, and offers the first provider again', () => {
  const job = { ...jobIn('done', 'a fox', 'local'), fallbackFrom: 'replicate' };
  const card = renderCard(job, CONTEXT);
  assert.match(text(card), /painted on this machine/);
  assert.match(text(card), /Fell back from Replicate/);
  assert.deepEqual(labels(card), ['Download', 'Again', 'Retry: replicate']);
});

test('the place in line is shown when it is ten or less', () => {
  const at = (position: number): string =>
    text(renderCard(jobIn('queued'), { ...CONTEXT, positions: new Map([['image', position]]) }));
  assert.match(at(1), /Next in line/);
  assert.match(at(10), /Number 10 in line/);
  assert.doesNotMatch(at(11), /11/);
});

test('progress is a bar and a percentage where the provider tells it, else the time since the start', () => {
  const job = jobIn('generating');
  const at = (fraction: number): string =>
    text(renderCard(job, { ...CONTEXT, progress: new Map([['image', fraction]]) }));
  assert.match(at(0.3), /▰▰▰▱▱▱▱▱▱▱ 30%/);
  assert.match(at(0), /▱{10} 0%/);
  assert.match(at(1), /▰{10} 100%/);
});

test('a retry names the coming attempt, the reason, the time and what changed', () => {
  const job = jobIn('retrying');
  const item = { ...getItem(job, 'image'), attempt: 1, variation: 1 };
  const card = text(renderCard({ ...job, items: [item] }, CONTEXT));
  assert.match(card, /attempt 2\/4 · \[RATE_LIMIT\] · <t:1700000008:R> · prompt variation 1/);
});

test('a failure shows the last cause, a sentence, and the retries used', () => {
  const job = jobIn('failed');
  const item = { ...getItem(job, 'image'), retryCount: 3 };
  const card = text(renderCard({ ...job, items: [item] }, CONTEXT));
  assert.match(card, /\[TIMEOUT\] .+\./);
  assert.match(card, /Retries: 3\/3/);
  assert.doesNotMatch(card, /MAX_RETRIES_EXCEEDED/);
});

test('a cancel that is under way is said, and cannot be pressed twice', () => {
  const job = requestCancel(jobIn('generating'), 'u', CONTEXT.now);
  const card = renderCard(job, CONTEXT);
  assert.match(text(card), /Cancelling/);
  assert.deepEqual(labels(card), []);
});

test('a private card says when its live updates end and carries Refresh', () => {
  const card = renderCard(jobIn('generating'), { ...CONTEXT, updatesEndAt: 1_700_000_600_000 });
  assert.match(text(card), /<t:1700000600:R>/);
  assert.deepEqual(labels(card), ['Cancel', 'Refresh']);
});

test('every picture has alt text that says what it is of', () => {
  const [picture] = picturesOf(renderCard(jobIn('done'), CONTEXT).body as unknown as APIMessage);
  assert.equal(picture?.description, 'Image of: a fox');
});

test('a file that Discord would refuse is not sent: the card says how large it is and that it is kept', () => {
  const job = jobIn('done');
  const card = renderCard({ ...job, result: [{ ...ASSET, bytes: 30_000_000 }] }, CONTEXT);
  assert.deepEqual(card.files, []);
  assert.match(text(card), /30\.0 MB/);
});

test('the same job and context give the same card', () => {
  for (const state of Object.keys(STATES)) {
    const job = jobIn(state);
    assert.deepEqual(renderCard(job, CONTEXT), renderCard(job, CONTEXT));
  }
});

test('every failure has a sentence that ends as one', () => {
  for (const [reason, sentence] of Object.entries(en.failures)) assert.match(sentence({}), /^[A-Z].*\.$/, reason);
});

describe('Discord takes every card', () => {
  let discord: SandboxDiscord;
  let rest: REST;

  before(async () => {
    discord = await startDiscord({ rateLimits: false });
    rest = new REST({ api: discord.url, version: '10', retries: 0 }).setToken(discord.token);
  });
  after(() => discord.close());

  async function post({ body, files }: CardMessage): Promise<APIMessage> {
    const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
    const attachments = files.map(({ name, description }, id) => ({ id, filename: name, description }));
    return (await rest.post(Routes.channelMessages(channelId), {
      body: { ...body, attachments },
      files: files.map(({ name }) => ({ name, data: Buffer.from('x'), contentType: 'image/png' })),
    })) as APIMessage;
  }

  for (const state of Object.keys(STATES)) {
    test(`in state ${state}, with any prompt, and nobody is pinged`, async () => {
      for (const prompt of HOSTILE) {
        const job = jobIn(state, prompt);
        for (const card of [renderCard(job, CONTEXT), renderFallbackText(job, CONTEXT)]) {
          const message = await post(card);
          assert.deepEqual(message.mentions, []);
          assert.equal(message.mention_everyone, false);
        }
      }
    });
  }

  test('and the private sentences', async () => {
    const refusals = Object.values(en.refusals).filter((sentence) => typeof sentence === 'string');
    for (const sentence of refusals) {
      const { components, allowed_mentions } = renderNotice(sentence, { isEphemeral: true });
      await post({ body: { flags: 32_768, components, allowed_mentions }, files: [] });
    }
  });
});
