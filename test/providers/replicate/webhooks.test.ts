import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReplicateProvider } from '../../../src/providers/replicate/replicate-provider.ts';
import { failureOf, find, FLUX, NEVER, SDXL, serve, setUp, start } from './set-up.ts';

test('a service that can reach us is told where, with whose work it is', async (context) => {
  const told: string[] = [];
  const receiver = await serve(context, (request, response) => {
    told.push(request.url ?? '');
    response.end();
  });
  const webhookUrl = `${receiver}/webhooks/replicate`;
  const { service, provider } = await setUp(context, { webhookUrl });
  assert.equal(provider.hasWebhooks, true);
  await start(provider, { jobId: 'job&1', item: 'front view', attempt: 2 });
  const [created] = service.requests.filter(({ method }) => method === 'POST');
  const body = created?.body as { webhook: string; webhook_events_filter: string[] };
  assert.equal(body.webhook, `${webhookUrl}?job=job%261&item=front+view&attempt=2`);
  assert.deepEqual(body.webhook_events_filter, ['start', 'completed']);
});

test('a service that cannot reach us is told nothing', async (context) => {
  const { service, provider } = await setUp(context);
  assert.equal(provider.hasWebhooks, false);
  await start(provider);
  assert.equal(service.predictions()[0]?.webhook, null);
});

test('the secret of the webhooks is asked of the service, and an answer without one is none', async (context) => {
  const { service, provider } = await setUp(context);
  assert.equal(await provider.readWebhookSecret({ signal: NEVER }), service.webhookSecret);
  for (const answer of ['{}', 'null', '{"key":7}', '{"key":"secret"}']) {
    const baseUrl = await serve(context, (_, response) => response.end(answer));
    const other = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX });
    const lost = await failureOf(other.readWebhookSecret({ signal: NEVER }), 'r8_secret');
    assert.equal(lost.failure.reason, 'provider-error');
  }
  const wrong = createReplicateProvider({ token: 'r8_wrong', baseUrl: service.url, imageModel: FLUX });
  assert.equal((await failureOf(wrong.readWebhookSecret({ signal: NEVER }))).failure.reason, 'key-refused');
});

test('work that a webhook named is found at once, before the list shows it', async (context) => {
  const { service, clock, provider } = await setUp(context);
  service.addFault({ on: 'create', kind: 'cut-after' });
  await failureOf(start(provider));
  const id = service.predictions()[0]?.id ?? '';
  assert.equal(await find(provider, clock.now()), null);
  assert.equal((await find(provider, clock.now(), [], {}, ['unknown', id, id]))?.operation.id, id);
});

test('what a webhook named is believed only with our model and input, and unclaimed', async (context) => {
  const { clock, provider } = await setUp(context);
  const { id } = await start(provider, { seed: 42 });
  const since = clock.now() + 3_600_000;
  assert.equal((await find(provider, since, [], { seed: 42 }, [id]))?.operation.id, id);
  assert.equal(await find(provider, since, [], { seed: 43 }, [id]), null);
  assert.equal(await find(provider, since, [], { prompt: 'a lake' }, [id]), null);
  assert.equal(await find(provider, since, [], { model: SDXL }, [id]), null);
  assert.equal(await find(provider, since, [id], { seed: 42 }, [id]), null);
});
