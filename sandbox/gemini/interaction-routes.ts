/** `/interactions`, and the files that they make. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { failureOf, invalidArgument, noFile, notFound, Problem } from './failures.ts';
import { readModelName, readVideoAsk } from './interaction-request.ts';
import { Interaction } from './interaction.ts';
import { sendBrokenJson, VERSIONS, type Service } from './service.ts';

interface Call {
  request: FastifyRequest;
  reply: FastifyReply;
  version: string;
}

interface ById {
  Params: { id: string };
}

export function addInteractionRoutes(server: FastifyInstance, service: Service): void {
  for (const version of VERSIONS) {
    const path = `/${version}/interactions`;
    server.post(path, async (request, reply) => handleCreate(service, { request, reply, version }));
    server.get<ById>(`${path}/:id`, async (request, reply) => {
      const interaction = findInteraction(service, request.params.id);
      interaction.gets += 1;
      const fault = service.faults.take('get');
      if (fault === 'hang' || fault === 'cut-before')
        return service.lose(request, reply, fault === 'hang' ? 'hang' : 'cut');
      if (fault !== null) throw new Problem(failureOf(fault, interaction.model));
      return interaction.present(service.clock.now(), service.origin);
    });
    server.post<ById>(`${path}/:id/cancel`, async (request) => {
      const interaction = findInteraction(service, request.params.id);
      interaction.cancel(service.clock.now());
      return interaction.present(service.clock.now(), service.origin);
    });
    server.delete<ById>(`${path}/:id`, async (request) => {
      service.interactions.delete(findInteraction(service, request.params.id).id);
      return {};
    });
    // A colon in a path begins a parameter for the router, so the method is read there.
    server.get<{ Params: { '*': string } }>(`/${version}/files/*`, async (request, reply) =>
      serveFile(service, { request, reply, version }, request.params['*']),
    );
  }
}

async function handleCreate(service: Service, call: Call): Promise<unknown> {
  const { request, reply } = call;
  const fault = service.faults.take('interaction');
  switch (fault) {
    case 'cut-before':
      return service.lose(request, reply, 'cut');
    case 'hang':
    case 'cut-after':
      await createOrNull(service, call);
      return service.lose(request, reply, fault === 'hang' ? 'hang' : 'cut');
    case 'broken-json':
    case null: {
      const { interaction, isBackground } = await create(service, call);
      if (!isBackground) await service.waitUntil(interaction.endsAt, request);
      const answer = await interaction.present(service.clock.now(), service.origin);
      return fault === null ? answer : sendBrokenJson(reply, answer);
    }
    default:
      throw new Problem(failureOf(fault, modelNameOf(request.body)));
  }
}

interface Created {
  interaction: Interaction;
  isBackground: boolean;
}

/** Throws Problem for what the service refuses; counts what it takes. */
async function create(service: Service, { request, version }: Call): Promise<Created> {
  const model = service.models.find(readModelName(request.body), version, 'interactions');
  if (model.makes !== 'video') {
    const message = `The sandbox makes only videos through interactions, got the model ${model.name}.`;
    throw new Problem({ http: 501, status: 'UNIMPLEMENTED', code: 'unimplemented', message });
  }
  const ask = await readVideoAsk(request.body, model);
  service.countMake(model.name);
  const interaction = new Interaction({
    ask,
    model: model.name,
    fault: service.faults.take('video'),
    now: service.clock.now(),
    pace: service.pace,
    slowMs: service.slowMs,
  });
  service.generations.push(interaction);
  service.interactions.set(interaction.id, interaction);
  return { interaction, isBackground: ask.isBackground };
}

/** A refusal that nobody hears is lost like any answer; only nothing is made then. */
async function createOrNull(service: Service, call: Call): Promise<Created | null> {
  try {
    return await create(service, call);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** For the words of a fault, whatever else is wrong with the body. */
function modelNameOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'model' in body ? String(body.model) : 'unknown';
}

function findInteraction({ interactions }: Service, id: string): Interaction {
  const interaction = interactions.get(id);
  if (interaction === undefined) throw new Problem(notFound(`Interaction ${id} not found.`));
  return interaction;
}

/** `name` is `{id}` for what the file is, `{id}:download` for its bytes. Throws Problem 403 for a file that is not there. */
async function serveFile(service: Service, { request, reply, version }: Call, name: string): Promise<unknown> {
  const [id = '', method] = name.split(':');
  const maker = [...service.interactions.values()].find(({ fileId }) => fileId === id);
  const bytes = await maker?.clipAt(service.clock.now());
  if (maker === undefined || bytes === undefined || bytes === null) throw new Problem(noFile(id));
  if (method === undefined) {
    const uri = `${service.origin}/${version}/files/${id}`;
    return { name: `files/${id}`, mimeType: 'video/mp4', sizeBytes: String(bytes.length), uri, state: 'ACTIVE' };
  }
  if (method !== 'download') throw new Problem(notFound(`Method not found: ${request.url.split('?')[0]}`));
  if (!/[?&]alt=media\b/.test(request.url))
    throw new Problem(invalidArgument('A download needs the query parameter alt=media.'));
  maker.fileFetches += 1;
  const fault = service.faults.take('file');
  if (fault === 'hang') return service.lose(request, reply, 'hang');
  if (fault === 'cut-half') return sendHalf(service, { request, reply, version }, bytes);
  if (fault !== null) throw new Problem(failureOf(fault, maker.model));
  return reply.type('video/mp4').header('content-length', bytes.length).send(bytes);
}

async function sendHalf(service: Service, { request, reply }: Call, bytes: Buffer): Promise<FastifyReply> {
  reply.raw.writeHead(200, { 'content-type': 'video/mp4', 'content-length': bytes.length });
  await new Promise<void>((resolve) => reply.raw.write(bytes.subarray(0, bytes.length / 2), () => resolve()));
  return service.lose(request, reply, 'cut');
}
