import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { APIInteraction } from 'discord-api-types/v10';
import type { Choice } from '../../src/discord/autocomplete.ts';
import type { Command, MenuCommand } from '../../src/discord/command.ts';
import { Router, type RouterOptions } from '../../src/discord/router.ts';
import { systemClock } from '../../src/jobs/clock.ts';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Somebody types `b` into the option `second`. */
function typing(name: string, options: object[] = [{ type: 3, name: 'first', value: 'a' }, FOCUSED]): APIInteraction {
  const user = { id: '1', username: 'member' };
  const asker = { id: '2', application_id: '3', token: 'token', channel_id: '4', user, locale: 'en-US' };
  return { ...asker, type: 4, version: 1, data: { id: '5', type: 1, name, options } } as unknown as APIInteraction;
}

const FOCUSED = { type: 3, name: 'second', value: 'b', focused: true };

function commandOf(name: string, autocomplete?: Command['autocomplete']): Command {
  const data = { name, description: name };
  const execute = (): Promise<void> => Promise.reject(new Error('nobody sent it'));
  return autocomplete === undefined ? { data, execute } : { data, execute, autocomplete };
}

/** What the router answers, in the order of the questions. */
async function answersTo(commands: Command[], ...payloads: APIInteraction[]): Promise<Choice[][]> {
  const answered: Choice[][] = [];
  const answers = {
    complete: async (_asker: unknown, choices: Choice[]) => void answered.push(choices),
    refuse: () => assert.fail('a completion is never refused'),
  };
  const context = { answers } as unknown as RouterOptions['context'];
  const router = new Router({ commands, menus: [], context, parts: [], clock: systemClock, log: QUIET });
  for (const payload of payloads) router.handle(payload);
  await router.close();
  return answered;
}

test('an option being typed reaches its command with what is typed of the others', async () => {
  const seen: unknown[] = [];
  const command = commandOf('paint', ({ focused, subcommand, options }) => {
    seen.push([focused, subcommand, Object.fromEntries(options)]);
    return [{ name: 'blue', value: 'blue' }];
  });
  const inside = { type: 1, name: 'wall', options: [FOCUSED] };
  const answers = await answersTo([command], typing('paint'), typing('paint', [inside]));
  assert.deepEqual(answers, [[{ name: 'blue', value: 'blue' }], [{ name: 'blue', value: 'blue' }]]);
  assert.deepEqual(seen, [
    ['second', null, { first: 'a', second: 'b' }],
    ['second', 'wall', { second: 'b' }],
  ]);
});

test('a command that is not known, completes nothing or breaks offers nothing, and says nothing', async () => {
  const broken = commandOf('broken', () => {
    throw new Error('a bug');
  });
  const answers = await answersTo([broken, commandOf('plain')], typing('broken'), typing('plain'), typing('unknown'));
  assert.deepEqual(answers, [[], [], []]);
});

test('an interaction that cannot be read stops nothing, and an address that is none is left out', async () => {
  const seen: unknown[] = [];
  const menu: MenuCommand = {
    data: { type: 3, name: 'Animate image' },
    execute: async ({ message }) => void seen.push(message.pictures.map(({ url }) => url)),
  };
  const [good, bad] = ['https://cdn.example/a.png', 'http://['];
  const attachments = [good, bad].map((url) => ({ id: '8', url, filename: 'a.png', content_type: 'image/png' }));
  const message = { id: '7', attachments, embeds: [{ image: { url: bad, proxy_url: bad } }], components: [] };
  const data = { id: '5', type: 3, name: 'Animate image', target_id: '7', resolved: { messages: { 7: message } } };
  const context = { answers: {} } as RouterOptions['context'];
  const logged: string[] = [];
  const log = { ...QUIET, error: (line: string) => void logged.push(line) };
  const router = new Router({ commands: [], menus: [menu], context, parts: [], clock: systemClock, log });
  router.handle({ type: 2 } as APIInteraction);
  router.handle({ ...typing(''), type: 2, data } as unknown as APIInteraction);
  await router.close();
  assert.deepEqual(seen, [[good]]);
  assert.deepEqual(logged, ['an interaction could not be read']);
});
