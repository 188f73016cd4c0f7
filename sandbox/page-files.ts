/** What the page is made of, and what it may fetch: its script, its styles, its libraries, and nothing else of the disk. */
import { readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { toApiRoles } from './discord/world.ts';
import type { SandboxGuild } from './interface.ts';
import { packageRoot } from './package-root.ts';
import { readSample, SAMPLES } from './samples.ts';

const VENDOR_FILES: Record<string, string> = {
  'preact.mjs': 'dist/preact.mjs',
  'hooks.mjs': 'hooks/dist/hooks.mjs',
  'jsx-runtime.mjs': 'jsx-runtime/dist/jsxRuntime.mjs',
};

const CONTENT_TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  map: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
};

export function addPageFiles(server: FastifyInstance, guilds: readonly SandboxGuild[]): void {
  const page = join(packageRoot, 'sandbox', 'page');
  const compiledPage = join(packageRoot, 'dist', 'sandbox', 'page');
  const vendor = join(packageRoot, 'node_modules', 'preact');
  addFile(server, '/', page, () => 'index.html');
  addFile(server, '/styles/*', join(page, 'styles'), (name) => (/^[a-z-]+\.css$/.test(name) ? name : undefined));
  addFile(server, '/page/*', compiledPage, (name) =>
    /^[\w/-]+(\.[\w-]+)*\.js(\.map)?$/.test(name) ? name : undefined,
  );
  addFile(server, '/vendor/*', vendor, (name) => VENDOR_FILES[name]);
  server.get('/roles.json', () => rolesOf(guilds));
  server.get('/samples.json', () => SAMPLES);
  server.get<{ Params: { name: string } }>('/samples/:name', async ({ params }, reply) => {
    const picture = await readSample(params.name);
    if (picture === undefined) return reply.code(404).send({ error: `There is no sample ${params.name}.` });
    return reply.type('image/jpeg').send(picture);
  });
}

/** By server id: what a menu of roles offers and a mention of one is called. They never change. */
function rolesOf(guilds: readonly SandboxGuild[]): Record<string, { id: string; name: string }[]> {
  return Object.fromEntries(
    guilds.map(({ id }) => [id, toApiRoles(id).map((role) => ({ id: role.id, name: role.name }))]),
  );
}

/** Serves files of one folder; `choose` turns the rest of the path into a name in it, or undefined for 404. */
function addFile(
  server: FastifyInstance,
  route: string,
  folder: string,
  choose: (name: string) => string | undefined,
): void {
  server.get<{ Params: { '*'?: string } }>(route, async (request, reply) => {
    const name = choose(request.params['*'] ?? '');
    const bytes = name === undefined ? null : await readFile(join(folder, normalize(name))).catch(() => null);
    if (name === undefined || bytes === null) return reply.code(404).send({ error: `There is no ${request.url}.` });
    const extension = name.slice(name.lastIndexOf('.') + 1);
    // Rebuilt while people look at it: never an old copy.
    return reply
      .header('cache-control', 'no-store')
      .type(CONTENT_TYPES[extension] ?? 'application/octet-stream')
      .send(bytes);
  });
}
