/** Cards in every state, with friendly and hostile prompts. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
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
import { planShown, type Ladder } from '../../src/discord/shown-files.ts';
import {
  failure,
  moveTo,
  requestCancel,
  type Asset,
  type ItemStatus,
  type Job,
  type Reference,
} from '../../src/jobs/job.ts';
import { en } from '../../src/locales/en.ts';
import { newJob } from '../jobs/new-job.ts';
import { buttonsOf, checkMessage, listAll, textsOf } from './message-limits.ts';

const NOW = 1_800_000_000_000;
const ALONE: Ladder = { most: 'original', unusable: new Set(), linkTo: () => null, now: NOW };
const OPERATION = { provider: 'replicate', id: 'op', data: {} };
const PNG: Asset = { file: 'a.png', mimeType: 'image/png', extension: '.png', bytes: 1_000, sha256: 'x' };
const TIMEOUT = failure('attempt-timeout', 'retry');
const STARTING: ItemStatus = { state: 'starting' };
const RUNNING: ItemStatus = { state: 'running', operation: OPERATION, begunAt: NOW };
const WAITING: ItemStatus = { state: 'waiting', until: NOW + 4_000, delayMs: 4_000, failure: TIMEOUT };
const COLLECTING: ItemStatus = {
  state: 'collecting',
  operation: OPERATION,
  outputs: [{ kind: 'url', url: 'https://x/y' }],
};
const DONE: ItemStatus = { state: 'done', assets: [PNG] };
const FAILED: ItemStatus = { state: 'failed', failure: TIMEOUT, causeCode: 'TIMEOUT' };
const CANCELLED: ItemStatus = { state: 'cancelled', failure: failure('cancelled-by-user', 'give-up') };

const PROVIDERS = [
  { name: 'replicate', isPaid: true, kinds: ['image'] as const },
  { name: 'gemini', isPaid: true, kinds: ['image'] as const },
  { name: 'local', isPaid: false, kinds: ['image'] as const },
];

function contextOf(change: Partial<CardContext> = {}): CardContext {
  return {
    now: NOW,
    locale: en,
    positions: new Map(),
    progress: new Map(),
    providers: PROVIDERS,
    fallback: 'ask',
    updatesEndAt: null,
    hold: null,
    ...change,
  };
}

interface Asked {
  prompt?: string;
  provider?: string;
  model?: string | null;
  fallbackFrom?: string | null;
  attachmentSizeLimit?: number;
  names?: readonly [string, ...string[]];
}

function ask({ prompt, provider = 'replicate', model = null, names = ['image'], ...rest }: Asked = {}): Job {
  const job = newJob({ itemNames: names, createdAt: NOW, ...rest });
  return { ...job, input: { ...job.input, provider, model, prompt: prompt ?? job.input.prompt, aspectRatio: '16:9' } };
}

/** Takes the item through these states, each one second after the last. */
function go(
  job: Job,
  states: readonly ItemStatus[],
  note: Parameters<typeof moveTo>[1]['note'] = {},
  item = 'image',
): Job {
  return states.reduce(
    (current, to, index) => moveTo(current, { item, to, note, now: NOW + index * 1_000 }, (lost) => lost.code),
    job,
  );
}

const PATHS: Readonly<Record<string, readonly ItemStatus[]>> = {
  queued: [],
  starting: [STARTING],
  running: [STARTING, RUNNING],
  waiting: [STARTING, RUNNING, WAITING],
  collecting: [STARTING, RUNNING, COLLECTING],
  done: [STARTING, RUNNING, COLLECTING, DONE],
  failed: [STARTING, RUNNING, FAILED],
  cancelled: [CANCELLED],
};

function cardText(job: Job, change: Partial<CardContext> = {}): string {
  return textsOf(renderCard(job, contextOf(change)).body.components);
}

function labels(job: Job, change: Partial<CardContext> = {}): unknown[] {
  return buttonsOf(renderCard(job, contextOf(change)).body.components).map(({ label }) => label);
}

describe('the words of a card', () => {
  const words = {
    queued: 'Queued',
    starting: 'Generating',
    running: 'Generating',
    waiting: 'Retrying',
    collecting: 'Generating',
    done: 'Done',
    failed: 'Failed',
    cancelled: 'Cancelled',
  };
  for (const [state, word] of Object.entries(words)) {
    it(`say ${word} first for a job that is ${state}, with the prompt and the job id`, () => {
      const job = go(ask(), PATHS[state] ?? []);
      const text = cardText(job);
      assert.ok(text.startsWith(`### ${word}`), text);
      assert.match(text, /a beautiful sunset over mountains/);
      assert.ok(text.includes(`\`${job.id}\``), text);
      assert.match(text, /Replicate · .*16:9/);
    });
  }

  it('name the place in line up to 10, and no longer than that', () => {
    assert.match(cardText(ask(), { positions: new Map([['image', 10]]) }), /\b10\b/);
    assert.doesNotMatch(cardText(ask(), { positions: new Map([['image', 11]]) }), /\b11\b/);
  });

  it('show a bar of ten cells and the percent where the provider tells progress', () => {
    const text = cardText(go(ask(), PATHS['running'] ?? []), { progress: new Map([['image', 0.42]]) });
    assert.match(text, /42% ▰▰▰▰▱▱▱▱▱▱/);
    assert.ok(text.indexOf('Generating') < text.indexOf('▰'), 'a screen reader comes to the word and the number first');
  });

  it('never show more than everything or less than nothing as progress', () => {
    const job = go(ask(), PATHS['running'] ?? []);
    assert.match(cardText(job, { progress: new Map([['image', 7]]) }), /100% ▰{10}/);
    assert.doesNotMatch(cardText(job, { progress: new Map([['image', -1]]) }), /%|▱/, 'an empty bar looks stuck');
    assert.doesNotMatch(cardText(job, { progress: new Map([['image', Number.NaN]]) }), /NaN/);
  });

  it('tell the coming attempt, the reason and the time of a retry, and a changed prompt', () => {
    const text = cardText(go(ask(), PATHS['waiting'] ?? [], { attempt: 1, retryCount: 1, variation: 1 }));
    assert.match(text, /attempt 2\/4/);
    assert.match(text, /\[TIMEOUT\]/);
    assert.match(text, /<t:1800000004:R>/);
    assert.match(text, /prompt variation 1/);
  });

  it('show the last cause of a failure, one sentence and the retries used', () => {
    const text = cardText(go(ask(), PATHS['failed'] ?? [], { retryCount: 3 }));
    assert.match(text, /It took too long\. Press Retry\..*\n-# \[TIMEOUT\] · Retries: 3\/3/);
    assert.doesNotMatch(text, /MAX_RETRIES_EXCEEDED/);
  });

  it('keep the underscores of a model name and of refused fields', () => {
    const lost = failure('model-unknown', 'give-up', { details: { model: 'my_team/my_model' } });
    assert.match(cardText(go(ask(), [STARTING, { ...FAILED, failure: lost }])), /`my_team\/my_model`/);
    const refused = failure('input-refused', 'give-up', { details: { fields: 'aspect_ratio: must be one of 1:1' } });
    assert.match(
      cardText(go(ask(), [STARTING, { ...FAILED, failure: refused }])),
      /`aspect_ratio: must be one of 1:1`/,
    );
  });

  it('let nothing out of the code a detail stands in', () => {
    const lost = failure('model-unknown', 'give-up', { details: { model: 'a`@everyone`\n# b' } });
    assert.match(cardText(go(ask(), [STARTING, { ...FAILED, failure: lost }])), /`a'@everyone' # b`/);
  });

  it('are the same for the same job and context', () => {
    for (const path of Object.values(PATHS)) {
      const job = go(ask(), path);
      assert.deepEqual(renderCard(job, contextOf()), renderCard(job, contextOf()));
    }
  });

  it('say that a cancel is under way, and take no second one', () => {
    const job = requestCancel(go(ask(), PATHS['running'] ?? []), 'u', NOW);
    assert.match(cardText(job), /^### Generating · Cancelling…/);
    const [cancel] = buttonsOf(renderCard(job, contextOf()).body.components);
    assert.equal(cancel?.['disabled'], true);
  });

  it('tell when the updates of a private card end, while there are any', () => {
    const updatesEndAt = NOW + 60_000;
    assert.match(cardText(ask(), { updatesEndAt }), /Live updates end at <t:1800000060:t>/);
    assert.doesNotMatch(cardText(go(ask(), PATHS['done'] ?? []), { updatesEndAt }), /Live updates/);
  });

  it('say what a preview is and what it stands in for', () => {
    const job = go(ask({ provider: 'local', fallbackFrom: 'replicate' }), PATHS['done'] ?? []);
    assert.match(cardText(job), /Replicate could not make it, so the bot painted a preview instead/);
  });
});

describe('the buttons of a card', () => {
  it('are Cancel while the job is open', () => {
    for (const state of ['queued', 'starting', 'running', 'waiting', 'collecting']) {
      assert.deepEqual(labels(go(ask(), PATHS[state] ?? [])), ['Cancel'], state);
    }
  });

  it('are Cancel and Refresh on an open private card', () => {
    assert.deepEqual(labels(ask(), { updatesEndAt: NOW }), ['Cancel', 'Refresh']);
  });

  it('are Download, Again, Edit prompt and Details when done', () => {
    assert.deepEqual(labels(go(ask(), PATHS['done'] ?? [])), ['Download', 'Again', 'Edit prompt', 'Details']);
  });

  it('offer the first provider again after a fallback', () => {
    const job = go(ask({ provider: 'local', fallbackFrom: 'replicate' }), PATHS['done'] ?? []);
    assert.deepEqual(labels(job), ['Download', 'Again', 'Edit prompt', 'Details', 'Retry: replicate']);
  });

  it('offer Retry, the local preview and every other provider when failed', () => {
    assert.deepEqual(labels(go(ask(), PATHS['failed'] ?? [])), [
      'Retry',
      'Edit prompt',
      'Fallback: local',
      'Fallback: gemini',
      'Details',
    ]);
    const local = go(ask({ provider: 'local' }), PATHS['failed'] ?? []);
    assert.deepEqual(labels(local), ['Retry', 'Edit prompt', 'Fallback: replicate', 'Fallback: gemini', 'Details']);
  });

  it('offer no fallback where the owner wants none', () => {
    assert.deepEqual(labels(go(ask(), PATHS['failed'] ?? []), { fallback: 'never' }), [
      'Retry',
      'Edit prompt',
      'Details',
    ]);
  });

  it('are Again, Edit prompt and Details when cancelled', () => {
    assert.deepEqual(labels(go(ask(), PATHS['cancelled'] ?? [])), ['Again', 'Edit prompt', 'Details']);
  });
});

describe('the picture of a card', () => {
  it('stands in a gallery with alt text from the prompt', () => {
    const { body, files } = renderCard(go(ask(), PATHS['done'] ?? []), contextOf());
    assert.equal(files.length, 1);
    assert.equal(files[0]?.description, 'a beautiful sunset over mountains');
    assert.deepEqual(
      checkMessage(
        body,
        files.map(({ name }) => name),
      ),
      [],
    );
  });

  it('is left out with a reason when Discord would not take it', () => {
    const job = go(ask({ attachmentSizeLimit: 999 }), PATHS['done'] ?? []);
    const { body, files } = renderCard(job, contextOf(), planShown(job, { ...ALONE, most: 'words' }));
    assert.deepEqual(files, []);
    assert.match(textsOf(body.components), /0\.0\sMB, larger than Discord takes\. It is kept/);
    assert.deepEqual(labels(job), ['Download', 'Again', 'Edit prompt', 'Details']);
  });
});

const FAMILY = '👨‍👩‍👧‍👦';
const HOSTILE: Readonly<Record<string, string>> = {
  '4000 characters': 'word '.repeat(800),
  '4000 characters that all need escaping': '*'.repeat(4_000),
  '300 emoji of many parts': FAMILY.repeat(300),
  'one character of 4000 marks': `e${'\u0301'.repeat(3_999)}`,
  'right-to-left text and overrides': '\u202Eשלום עולם\u2066 مرحبا\u202D',
  mentions: '@everyone @here <@1> <@&2> <#3> </cmd:4> <t:5:R> <a:b:6>',
  'code fences': '```js\nalert(1)\n``` ``x`` `y`',
  markdown: '# big\n> quote\n-# small\n- list\n1. one\n**b** __u__ ~~s~~ ||spoiler|| [a](https://b.example)',
  backslashes: '\\\\ \\* \\',
  'NUL and other controls': 'a\u0000b\u0007c\u001B[31md\u0085e',
  'half a surrogate pair': 'a\uD83Db\uDE00',
  'newlines of every kind': 'a\r\nb\u2028c\u2029d\u000be',
};

describe('the alt text of a picture', () => {
  const picture = { asset: PNG, width: 8, height: 8, isFirstFrame: false };
  const start: Reference = { name: 'a.png', fromJobId: null, state: 'kept', picture };
  const video: ItemStatus = { state: 'done', assets: [{ ...PNG, mimeType: 'video/mp4', extension: '.mp4' }] };

  /** Of a preview, and of what stands in for a video: both say so first. */
  function altTextsFor(prompt: string): string[] {
    const preview = go(ask({ prompt, provider: 'local' }), PATHS['done'] ?? []);
    const moving = { ...go(ask({ prompt }), [STARTING, COLLECTING, video]), references: [start] };
    const poster = planShown(moving, { ...ALONE, most: 'preview' });
    return [renderCard(preview, contextOf()), renderCard(moving, contextOf(), poster)].map(({ body, files }) => {
      const names = files.map(({ name }) => name);
      assert.deepEqual(checkMessage(body, names), []);
      return files[0]?.description ?? '';
    });
  }

  it("is cut to Discord's limit with what stands before the prompt", () => {
    for (const prompt of Object.values(HOSTILE)) altTextsFor(prompt);
    const [preview, poster] = altTextsFor('x'.repeat(4_000));
    assert.match(preview ?? '', /^Painted preview of: x+…$/);
    assert.match(poster ?? '', /^The picture the video starts from: x+…$/);
    for (const text of [preview, poster]) assert.equal(text?.length, 1_024);
  });

  it('is never empty, whatever the prompt', () => {
    const { files } = renderCard(go(ask({ prompt: '\u202E' }), PATHS['done'] ?? []), contextOf());
    assert.equal(files[0]?.description, 'Picture 1');
  });
});

describe('a hostile prompt', () => {
  for (const [name, prompt] of Object.entries(HOSTILE)) {
    it(`of ${name} gives cards that Discord takes, in every state`, () => {
      for (const [state, path] of Object.entries(PATHS)) {
        const job = go(ask({ prompt, model: prompt.slice(0, 200) }), path);
        for (const message of [
          renderCard(job, contextOf({ updatesEndAt: NOW })),
          renderFallbackText(job, contextOf()),
        ]) {
          assert.deepEqual(
            checkMessage(
              message.body,
              message.files.map((file) => file.name),
            ),
            [],
            state,
          );
          assert.deepEqual(message.body.allowed_mentions, { parse: [] });
        }
      }
    });
  }

  const shown = (prompt: string): string => cardText(ask({ prompt })).split('\n')[1] ?? '';

  it('stays in its one quoted line', () => {
    for (const prompt of Object.values(HOSTILE)) {
      assert.match(shown(prompt), /^> \u2068.*\u2069$/u);
      assert.equal(cardText(ask({ prompt })).split('\n').length, cardText(ask()).split('\n').length);
    }
  });

  it('mentions nobody, links nowhere and formats nothing', () => {
    for (const prompt of [
      HOSTILE['mentions'],
      HOSTILE['code fences'],
      HOSTILE['markdown'],
      'see https://a.example/b',
    ]) {
      const line = shown(prompt ?? '').slice(2);
      assert.doesNotMatch(line, /(?<!\\)(?:\\\\)*[*_~`|<@#[\]]/u, line);
      assert.doesNotMatch(line, /\w:\/\//u, line);
    }
  });

  it('reorders nothing around it', () => {
    const line = shown(HOSTILE['right-to-left text and overrides'] ?? '');
    assert.match(line, /שלום עולם/u);
    assert.doesNotMatch(line.slice(3, -1), /\p{Bidi_Control}/u);
  });

  it('is cut between characters, never inside an emoji', () => {
    const line = shown(HOSTILE['300 emoji of many parts'] ?? '').slice(3, -1);
    assert.ok(line.endsWith('…'));
    assert.equal(line.slice(0, -1).replaceAll(FAMILY, ''), '');
  });
});

describe('short forms', () => {
  it('keep the state, the job id and the buttons, and leave out the prompt', () => {
    const job = go(ask(), PATHS['done'] ?? []);
    const { body, files } = renderFallbackText(job, contextOf());
    const text = textsOf(body.components);
    assert.match(text, /^### Done/u);
    assert.ok(text.includes(job.id));
    assert.doesNotMatch(text, /sunset/u);
    assert.deepEqual(files, []);
    assert.deepEqual(
      buttonsOf(body.components).map(({ label }) => label),
      ['Download', 'Again', 'Edit prompt', 'Details'],
    );
  });

  it('of a private sentence are for one person only and ping nobody', () => {
    const notice = renderNotice('Hello.', { isEphemeral: true });
    assert.equal(notice.flags & 64, 64);
    assert.deepEqual(notice.allowed_mentions, { parse: [] });
    assert.equal(listAll(notice.components).length, 1);
  });
});

describe('Discord takes', () => {
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

  for (const [state, path] of Object.entries(PATHS)) {
    it(`every card of a job that is ${state}, and pings nobody`, async () => {
      for (const prompt of Object.values(HOSTILE)) {
        const job = go(ask({ prompt }), path);
        for (const card of [renderCard(job, contextOf()), renderFallbackText(job, contextOf())]) {
          const message = await post(card);
          assert.deepEqual(message.mentions, []);
          assert.equal(message.mention_everyone, false);
        }
      }
    });
  }

  it('the private sentences', async () => {
    const refusals = Object.values(en.refusals).filter((sentence) => typeof sentence === 'string');
    for (const sentence of refusals) {
      const notice = renderNotice(sentence, { isEphemeral: false });
      await post({ body: notice, files: [] });
    }
  });
});

it('a card whose service has trouble says until when, and offers the other ones', () => {
  const hold = { until: NOW + 30_000, reason: 'provider-error' } as const;
  const card = renderCard(ask(), contextOf({ hold }));
  const words = JSON.stringify(card.body);
  assert.match(words, /Replicate has trouble and is asked again <t:\d+:R>/);
  for (const label of ['Cancel', 'Fallback: local', 'Fallback: gemini']) assert.ok(words.includes(`"${label}"`), label);
});

it('a pause of a second or two is not worth a word', () => {
  const hold = { until: NOW + 2_000, reason: 'rate-limit' } as const;
  const job = ask();
  assert.deepEqual(renderCard(job, contextOf({ hold })), renderCard(job, contextOf()));
});

it('a full disk is said to be one', () => {
  const hold = { until: NOW + 30_000, reason: 'disk-full' } as const;
  assert.match(JSON.stringify(renderCard(ask(), contextOf({ hold })).body), /no room on its disk for anything more/);
});

it('a picture that was made otherwise than asked says what is different', () => {
  const changes = [
    { field: 'aspect_ratio', from: '21:9', to: '16:9' },
    { field: 'guidance', from: '3', to: null },
    // Of the bot's own choice: nobody asked for it.
    { field: 'output_format', from: 'png', to: null },
  ];
  const asked = ask();
  const job = { ...asked, input: { ...asked.input, settings: { guidance: '3' } } };
  const words = JSON.stringify(
    renderCard(go(job, [STARTING, RUNNING, COLLECTING, DONE], { changes }), contextOf()).body,
  );
  assert.match(words, /aspect ratio 16:9 instead of 21:9, guidance 3 is left out\./);
});

it('a card that waits for its next attempt says when its service is left alone for longer, and offers the others', () => {
  const waiting: ItemStatus = { state: 'waiting', until: NOW + 2_000, delayMs: 2_000, failure: TIMEOUT };
  const hold = { until: NOW + 60_000, reason: 'provider-error' } as const;
  const words = JSON.stringify(renderCard(go(ask(), [STARTING, waiting]), contextOf({ hold })).body);
  assert.match(words, /Replicate has trouble and is asked again/);
  assert.doesNotMatch(words, /Next try/);
  assert.ok(words.includes('"Fallback: local"'));
});

it('a finished picture is shown with the seed it was made with', () => {
  const asked = ask();
  const job = { ...asked, input: { ...asked.input, seed: 42 } };
  const done = go(job, [STARTING, RUNNING, COLLECTING, DONE], { seed: 77, variation: 1 });
  assert.match(JSON.stringify(renderCard(done, contextOf()).body), /seed.77/);
});
