/** What the API tells about models and collections of them, and about the account. */
import { METHODS } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { getModel } from './catalog.ts';
import { nameOf, presentModel, presentVersion } from './cog.ts';
import { presentCollection, presentCollections } from './collections.ts';
import type { Context } from './context.ts';
import { pageOfModels, searchModels } from './model-list.ts';
import { badRequest, NOT_FOUND, Problem } from './problem.ts';
import { WEBHOOK_SECRET } from './webhooks.ts';

interface ModelParams {
  owner: string;
  name: string;
}

export function addModelRoutes(server: FastifyInstance, context: Context): void {
  const { catalog } = context;
  addModelListRoutes(server, context);
  server.get<{ Params: ModelParams }>('/v1/models/:owner/:name', async (request) =>
    presentModel(getModel(catalog, request.params)),
  );
  server.get<{ Params: ModelParams }>('/v1/models/:owner/:name/versions', async (request) => {
    const versions = catalog.versionsOf(nameOf(getModel(catalog, request.params)));
    return { next: null, previous: null, results: versions.toReversed().map(presentVersion) };
  });
  server.get<{ Params: ModelParams & { id: string } }>('/v1/models/:owner/:name/versions/:id', async (request) => {
    const versions = catalog.versionsOf(nameOf(getModel(catalog, request.params)));
    const version = versions.find(({ versionId }) => versionId === request.params.id);
    if (version === undefined) throw new Problem(NOT_FOUND);
    return presentVersion(version);
  });
  server.get('/v1/webhooks/default/secret', async () => ({ key: WEBHOOK_SECRET }));
  server.get('/v1/account', async () => ({
    type: 'user',
    username: 'sandbox',
    name: 'Sandbox',
    github_url: 'https://github.com/sandbox',
  }));
}

function addModelListRoutes(server: FastifyInstance, context: Context): void {
  const { catalog } = context;
  server.get<{ Querystring: Record<string, string> }>('/v1/models', async (request) =>
    pageOfModels(catalog.all(), request.query, `${context.origin()}/v1`),
  );
  addSearchRoute(server, context);
  server.get('/v1/collections', async () => ({ next: null, previous: null, results: presentCollections() }));
  server.get<{ Params: { slug: string } }>('/v1/collections/:slug', async (request) => {
    const collection = presentCollection(request.params.slug, catalog);
    if (collection === undefined) throw new Problem(NOT_FOUND);
    return collection;
  });
}

/** The search is an HTTP method of its own, which the first releases of Node 20 cannot read. */
function addSearchRoute(server: FastifyInstance, { catalog }: Context): void {
  if (!METHODS.includes('QUERY')) return;
  server.route({
    method: 'QUERY',
    url: '/v1/models',
    handler: async ({ body }) => {
      if (typeof body !== 'string') throw new Problem(badRequest('Expected the words to search for as text/plain.'));
      return searchModels(catalog.all(), body);
    },
  });
}
