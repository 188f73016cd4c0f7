/** What the API tells about models, and about the account. */
import type { FastifyInstance } from 'fastify';
import { getModel } from './catalog.ts';
import { presentModel, presentVersion } from './cog.ts';
import type { Context } from './context.ts';
import { NOT_FOUND, Problem } from './problem.ts';
import { WEBHOOK_SECRET } from './webhooks.ts';

export function addModelRoutes(server: FastifyInstance, context: Context): void {
  server.get<{ Params: { owner: string; name: string } }>('/v1/models/:owner/:name', async (request) =>
    presentModel(getModel(context.catalog, request.params)),
  );
  server.get<{ Params: { owner: string; name: string; id: string } }>(
    '/v1/models/:owner/:name/versions/:id',
    async (request) => {
      const model = getModel(context.catalog, request.params);
      const version = context.catalog.findVersion(request.params.id);
      if (version === undefined || version.owner !== model.owner || version.name !== model.name) {
        throw new Problem(NOT_FOUND);
      }
      return presentVersion(version);
    },
  );
  server.get('/v1/webhooks/default/secret', async () => ({ key: WEBHOOK_SECRET }));
  server.get('/v1/account', async () => ({
    type: 'user',
    username: 'sandbox',
    name: 'Sandbox',
    github_url: 'https://github.com/sandbox',
  }));
}
