/** Creating, asking, listing and cancelling predictions, and their files. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { getModel } from './catalog.ts';
import type { Context } from './context.ts';
import { BROKEN_JSON, refuseCall, refuseCreate } from './fault-answers.ts';
import { serveFile } from './files.ts';
import { readCancelAfter, readWaitMs } from './headers.ts';
import type { SandboxModel } from './cog.ts';
import { readInputFiles } from './input-files.ts';
import { pageOf } from './pages.ts';
import { presentListed, presentPrediction } from './prediction-view.ts';
import { cancelPrediction, planPrediction, stateAt } from './prediction.ts';
import type { Prediction, Webhook } from './prediction.ts';
import { invalidInput, NOT_FOUND, Problem } from './problem.ts';
import { isObject, validateBody, validateInput } from './validate.ts';

/** How long after its create a prediction is missing from the list; the real list lags too. */
const LIST_LAG_MS = 500;
const WAIT_STEP_MS = 50;
/** A webhook that is late comes after so many times the work. */
const LATE_SHARE = 3;
/** Without a filter: "whenever there are new outputs or the prediction has finished" (Replicate's OpenAPI file). */
const DEFAULT_EVENTS = ['output', 'completed'];

export function addPredictionRoutes(server: FastifyInstance, context: Context): void {
  server.post('/v1/predictions', async (request, reply) => handleCreate(context, request, reply, null));
  server.post<{ Params: { owner: string; name: string } }>(
    '/v1/models/:owner/:name/predictions',
    async (request, reply) => {
      const model = getModel(context.catalog, request.params);
      // Replicate answers 404 on this route for a community model.
      if (!model.isOfficial) throw new Problem(NOT_FOUND);
      return handleCreate(context, request, reply, model);
    },
  );
  server.get<{ Querystring: Record<string, string> }>('/v1/predictions', async (request, reply) =>
    handleList(context, request, reply),
  );
  server.get<{ Params: { id: string } }>('/v1/predictions/:id', async (request, reply) =>
    handleGet(context, request, reply),
  );
  server.post<{ Params: { id: string } }>('/v1/predictions/:id/cancel', async (request) => {
    const prediction = getPrediction(context, request.params.id);
    cancelPrediction(prediction, context.clock.now());
    return presentPrediction(prediction, context.clock.now(), context.origin());
  });
  server.get<{ Params: { token: string; name: string } }>('/files/:token/:name', async (request, reply) => {
    const prediction = context.predictions.findByFileToken(request.params.token);
    return serveFile({
      prediction,
      name: request.params.name,
      now: context.clock.now(),
      fault: prediction === undefined ? null : (context.faults.take('file')?.kind ?? null),
      picture: context.picture,
      reply,
      lose: (kind) => context.lose(request, reply, kind),
    });
  });
}

function handleList(
  context: Context,
  request: FastifyRequest<{ Querystring: Record<string, string> }>,
  reply: FastifyReply,
): unknown {
  const fault = context.faults.take('list')?.kind;
  if (fault === 'hang' || fault === 'cut-before') {
    return context.lose(request, reply, fault === 'hang' ? 'hang' : 'cut');
  }
  if (fault !== undefined) throw refuseCall(fault);
  const now = context.clock.now();
  const origin = context.origin();
  const listed = context.predictions.all.filter((prediction) => prediction.createdAt + LIST_LAG_MS <= now);
  const page = pageOf(listed, request.query, `${origin}/v1`);
  return { ...page, results: page.results.map((prediction) => presentListed(prediction, now, origin)) };
}

function handleGet(
  context: Context,
  request: FastifyRequest<{ Params: { id: string } }>,
  reply: FastifyReply,
): unknown {
  const prediction = getPrediction(context, request.params.id);
  prediction.gets += 1;
  const fault = context.faults.take('get')?.kind;
  if (fault === 'hang' || fault === 'cut-before') {
    return context.lose(request, reply, fault === 'hang' ? 'hang' : 'cut');
  }
  if (fault === 'broken-json') return reply.type('application/json').send(BROKEN_JSON);
  if (fault !== undefined) throw refuseCall(fault);
  return presentPrediction(prediction, context.clock.now(), context.origin());
}

/** `model` is null where the body names it. */
async function handleCreate(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  model: SandboxModel | null,
): Promise<unknown> {
  const fault = context.faults.take('create')?.kind;
  if (fault === 'cut-before') return context.lose(request, reply, 'cut');
  if (fault === 'hang' || fault === 'cut-after') {
    try {
      await create(context, request, model);
    } catch (error) {
      // The refusal is lost like any answer; only nothing was created then.
      if (!(error instanceof Problem)) throw error;
    }
    return context.lose(request, reply, fault === 'hang' ? 'hang' : 'cut');
  }
  if (fault !== undefined && fault !== 'broken-json') {
    const body = isObject(request.body) ? request.body : {};
    throw refuseCreate(fault, model ?? context.catalog.findNamed(String(body.version)), body.input);
  }
  const prediction = await create(context, request, model);
  if (fault === 'broken-json') return reply.code(201).type('application/json').send(BROKEN_JSON);
  const waitMs = readWaitMs(request.headers.prefer);
  if (waitMs > 0) await waitForEnd(context, prediction, waitMs, request);
  const isOpen = stateAt(prediction, context.clock.now()).completedAt === null;
  void reply.code(waitMs > 0 && isOpen ? 202 : 201);
  return presentPrediction(prediction, context.clock.now(), context.origin());
}

/** Throws Problem 422 for what Replicate would not accept. */
async function create(
  context: Context,
  request: FastifyRequest,
  modelInPath: SandboxModel | null,
): Promise<Prediction> {
  const body = request.body ?? {};
  const wrongBody = validateBody(body, modelInPath === null);
  if (wrongBody.length > 0 || !isObject(body)) throw new Problem(invalidInput(wrongBody));
  const model = modelInPath ?? context.catalog.resolve(String(body.version));
  const input = isObject(body.input) ? body.input : {};
  const wrongInput = validateInput(model, input);
  if (wrongInput.length > 0) throw new Problem(invalidInput(wrongInput));
  const hasOutput = (token: string): boolean => context.predictions.findByFileToken(token) !== undefined;
  const sources = { uploads: context.uploads, hasOutput, origin: context.origin() };
  const files = await readInputFiles(model, input, sources);
  const prediction = planPrediction({
    model,
    input,
    files,
    now: context.clock.now(),
    pace: context.pace(),
    slowMs: context.slowMs,
    cancelAfter: readCancelAfter(request.headers['cancel-after']),
    webhook: readWebhook(body),
    fault: context.faults.take('prediction'),
  });
  context.predictions.add(prediction);
  if (prediction.webhook !== null) {
    const fault = context.faults.take('webhook')?.kind ?? null;
    context.webhooks.watch(prediction, fault, context.pace().workMs * LATE_SHARE);
  }
  return prediction;
}

function readWebhook({ webhook, webhook_events_filter: events }: Record<string, unknown>): Webhook | null {
  if (typeof webhook !== 'string') return null;
  return { url: webhook, events: Array.isArray(events) ? events.map(String) : DEFAULT_EVENTS };
}

async function waitForEnd(
  { clock, closing }: Context,
  prediction: Prediction,
  waitMs: number,
  request: FastifyRequest,
): Promise<void> {
  for (let waited = 0; waited < waitMs; waited += WAIT_STEP_MS) {
    if (stateAt(prediction, clock.now()).completedAt !== null || request.raw.socket.destroyed) return;
    await sleep(WAIT_STEP_MS, undefined, { signal: closing }).catch(() => undefined);
    if (closing.aborted) return;
  }
}

function getPrediction(context: Context, id: string): Prediction {
  const prediction = context.predictions.find(id);
  if (prediction === undefined) throw new Problem(NOT_FOUND);
  return prediction;
}
