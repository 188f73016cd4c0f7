/** The sandbox's Replicate and our server, each unchanged, over real HTTP and in real time. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ReplicateFault } from '../../sandbox/interface.ts';
import { createReplicateWebhooks, type WebhookEvent } from '../../src/http/replicate-webhooks.ts';
import { Refusals } from '../../src/http/refusals.ts';
import { startHttpServer } from '../../src/http/server.ts';
import { askForKey } from '../../src/http/webhook-key.ts';
import { systemClock } from '../../src/jobs/clock.ts';
import { FLUX, setUp as setUpReplicate } from '../sandbox/replicate-client.ts';
import { createLines, createWebhookUrl } from './http-setup.ts';

const ATTEMPT = { jobId: 'k3vq7w2mzh5t', item: 'image', attempt: 1 };
const PACE = { queueMs: 20, workMs: 60 };
const AT_MOST_MS = 5_000;

interface Setup {
  heard: WebhookEvent[];
  /** The answers to every webhook about it, in order, when there are so many. */
  whenSent: (count: number) => Promise<(number | 'refused')[]>;
  refused: () => Partial<Record<string, number>>;
  begin: () => Promise<string>;
}

async function setUp(
  context: TestContext,
  fault: Extract<ReplicateFault, { on: 'webhook' }>['kind'] | null,
): Promise<Setup> {
  const { service, client } = await setUpReplicate(context, { pace: PACE });
  if (fault !== null) service.addFault({ on: 'webhook', kind: fault });
  const heard: WebhookEvent[] = [];
  const { log } = createLines();
  const refusals = new Refusals({ clock: systemClock, log });
  // As index.ts does it: the secret is asked from Replicate with the bot's own token.
  const readSecret = async (): Promise<string> => (await client.webhooks.default.secret.get()).key;
  const key = askForKey({ readSecret, clock: systemClock, log });
  const routes = [createReplicateWebhooks({ key, onWebhook: (event) => heard.push(event), clock: systemClock })];
  const listen = { host: '127.0.0.1', port: 0, publicUrl: null };
  const server = await startHttpServer({ ...listen, routes, refusals, clock: systemClock, log });
  context.after(() => server.close());
  context.after(() => key.close());
  return {
    heard,
    whenSent: async (count) => {
      const until = Date.now() + AT_MOST_MS;
      while (service.webhooks.length < count && Date.now() < until) await systemClock.sleep(10);
      return service.webhooks.map(({ status }) => status);
    },
    refused: () => Object.fromEntries(Object.entries(refusals.totals()).filter(([, count]) => count > 0)),
    begin: async () => {
      const webhook = createWebhookUrl(server.url, ATTEMPT);
      const asked = {
        version: FLUX,
        input: { prompt: 'a lake' },
        webhook,
        webhook_events_filter: ['start', 'completed'],
      };
      return (await client.request('/predictions', { method: 'POST', data: asked }).then(readId)).id;
    },
  };
}

async function readId(response: Response): Promise<{ id: string }> {
  return (await response.json()) as { id: string };
}

const FATES: [
  what: string,
  fault: Parameters<typeof setUp>[1],
  answers: number[],
  heard: WebhookEvent['event'][],
  refused: Record<string, number>,
][] = [
  ['a start and an end', null, [200, 200], ['start', 'completed'], {}],
  ['what is sent twice, once each', 'doubled', [200, 200, 200, 200], ['start', 'completed'], {}],
  ['an end before its start', 'reordered', [200, 200], ['completed', 'start'], {}],
  [
    'the right one after a forgery',
    'bad-signature',
    [401, 200, 401, 200],
    ['start', 'completed'],
    { 'bad-signature': 2 },
  ],
  ['the right one after an old one', 'old', [401, 200, 401, 200], ['start', 'completed'], { 'too-old': 2 }],
];

for (const [what, fault, answers, events, refused] of FATES) {
  test(`from Replicate is heard: ${what}`, async (t) => {
    const setup = await setUp(t, fault);
    const operationId = await setup.begin();
    assert.deepEqual(await setup.whenSent(answers.length), answers);
    const of = { provider: 'replicate', operationId, ...ATTEMPT };
    assert.deepEqual(
      setup.heard,
      events.map((event) => ({ ...of, event })),
    );
    assert.deepEqual(setup.refused(), refused);
  });
}
