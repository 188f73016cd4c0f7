/** `POST /models/{model}:generateContent`, and the list of models. */
import { randomInt, randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { failureOf, notFound, Problem } from './failures.ts';
import { answerGenerate, isWell, type AnswerPlan } from './generate-answer.ts';
import { readImageAsk } from './generate-request.ts';
import { insistOnGenerate, presentModel } from './models.ts';
import { sendBrokenJson, VERSIONS, type Service } from './service.ts';

/** What was accepted, and when its answer is ready. */
interface Accepted {
  plan: AnswerPlan;
  readyAt: number;
}

export function addGenerateRoutes(server: FastifyInstance, service: Service): void {
  for (const version of VERSIONS) {
    // A colon in a path begins a parameter for the router, so the method is read here.
    server.post<{ Params: { '*': string } }>(`/${version}/models/*`, async (request, reply) => {
      const [model = '', method = ''] = request.params['*'].split(':');
      if (method !== 'generateContent') throw new Problem(notFound(`Method not found: ${request.params['*']}`));
      return handleGenerate(service, { request, reply, model, version });
    });
    server.get<{ Querystring: Record<string, string> }>(`/${version}/models`, async (request, reply) => {
      if (meetsModelsFault(service)) return service.lose(request, reply, 'hang');
      return service.models.list(request.query);
    });
    server.get<{ Params: { model: string } }>(`/${version}/models/:model`, async (request, reply) => {
      if (meetsModelsFault(service)) return service.lose(request, reply, 'hang');
      return presentModel(service.models.find(request.params.model, version, 'getModel'));
    });
  }
}

/** Whether the call is to hang. */
function meetsModelsFault({ faults }: Service): boolean {
  const fault = faults.take('models');
  if (fault === 'http-500') throw new Problem(failureOf(fault, ''));
  return fault === 'hang';
}

interface GenerateCall {
  request: FastifyRequest;
  reply: FastifyReply;
  model: string;
  version: string;
}

async function handleGenerate(service: Service, call: GenerateCall): Promise<unknown> {
  const { request, reply, model } = call;
  const fault = service.faults.take('generate');
  switch (fault) {
    case 'cut-before':
      return service.lose(request, reply, 'cut');
    case 'hang':
    case 'cut-after': {
      const accepted = await acceptOrNull(service, call);
      if (fault === 'hang') return service.lose(request, reply, 'hang');
      if (accepted !== null) await service.waitUntil(accepted.readyAt, request);
      return service.lose(request, reply, 'cut');
    }
    case 'broken-json':
    case null: {
      const { plan, readyAt } = await accept(service, call);
      const answer = await answerGenerate(plan);
      await service.waitUntil(readyAt, request);
      return fault === null ? answer : sendBrokenJson(reply, answer);
    }
    default:
      throw new Problem(failureOf(fault, model));
  }
}

/** Throws Problem for what Google refuses; counts what it takes. */
async function accept(service: Service, { request, model: name, version }: GenerateCall): Promise<Accepted> {
  const model = service.models.find(name, version, 'generateContent');
  insistOnGenerate(model, version);
  const ask = await readImageAsk(request.body, model);
  service.countMake(name);
  const fault = service.faults.take('image');
  const createdAt = service.clock.now();
  const readyAt = createdAt + (fault === 'slow' ? service.slowMs : service.pace.imageMs);
  service.generations.push({
    id: randomUUID(),
    kind: 'image',
    model: name,
    prompt: ask.prompt,
    images: ask.pictures.length,
    createdAt,
    gets: 0,
    cancels: 0,
    fileFetches: 0,
    statusAt: (now) => (now < readyAt ? 'working' : isWell(fault) ? 'completed' : 'failed'),
  });
  return { readyAt, plan: { ask, model, fault, seed: randomInt(2 ** 31), picture: service.picture } };
}

/** A refusal that nobody hears is lost like any answer; only nothing is made then. */
async function acceptOrNull(service: Service, call: GenerateCall): Promise<Accepted | null> {
  try {
    return await accept(service, call);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}
