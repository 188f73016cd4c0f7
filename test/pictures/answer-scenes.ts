/**
 * What only one person sees. Each is one scene: a name, and what people do until it is there. Each has a bot and a sandbox of its own, so
 * that it needs to undo nothing.
 */
import { clearAll, HARBOUR, LIGHTHOUSE, makeHistory, run, SLOW, SUNSET, whenSays } from './scene-steps.ts';
import type { Scene } from './scene-steps.ts';

export const ANSWERS: readonly Scene[] = [
  {
    name: "Cancel on somebody else's card",
    note: 'it belongs to the asker and to moderators',
    pace: SLOW,
    async prepare(world) {
      const card = await world.generate(HARBOUR, 'member2');
      await world.whenCard(card, /Generating/);
      return (await world.pressForMessage(card, 'Cancel')).message.id;
    },
  },
  {
    name: 'Download',
    note: 'the original file',
    async prepare(world) {
      const card = await whenSays(world, SUNSET, /Done/);
      return (await world.pressForMessage(card, 'Download')).message.id;
    },
  },
  {
    name: 'Refused by a limit',
    note: 'nothing is started, nothing is charged',
    settings: { USER_RUNNING_LIMIT: '1', USER_WAITING_LIMIT: '1' },
    pace: SLOW,
    async prepare(world) {
      await world.generate(SUNSET);
      await world.generate(HARBOUR);
      return world.generate(LIGHTHOUSE);
    },
  },
  {
    name: 'Details',
    note: 'every attempt, and what was changed',
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'create', kind: 'http-503' });
      world.sandbox.replicate.addFault({ on: 'prediction', kind: 'nothing' });
      const card = await whenSays(world, SUNSET, /Done/);
      return (await world.pressForMessage(card, 'Details')).message.id;
    },
  },
  {
    name: 'Delete',
    note: 'asked once more, since it cannot be undone',
    async prepare(world) {
      const card = await whenSays(world, SUNSET, /Done/);
      const { message } = await world.pressForMessage(card, 'Details');
      await world.press(message.id, 'Delete');
      await world.whenCard(message.id, /for good/);
      return message.id;
    },
  },
  {
    name: 'Edit prompt',
    note: 'the form it opens',
    prepare: (world) => whenSays(world, SUNSET, /Done/),
    async open(page, message) {
      await message.getByRole('button', { name: 'Edit prompt' }).click();
      const form = page.getByRole('dialog');
      await form.waitFor();
      return form;
    },
  },
  {
    name: '/gallery',
    note: 'what was made in this server, in pages',
    async prepare(world) {
      await makeHistory(world);
      return run(world, 'gallery', {});
    },
  },
  {
    name: '/help',
    note: '',
    prepare: (world) => run(world, 'help', {}),
  },
  {
    name: '/jobs list',
    note: "a moderator's view of this server, in pages",
    viewer: 'moderator',
    async prepare(world) {
      await makeHistory(world);
      return run(world, 'jobs', { subcommand: 'list', by: 'moderator' });
    },
  },
  {
    name: '/jobs clear',
    note: 'what would go is counted first',
    viewer: 'moderator',
    async prepare(world) {
      await makeHistory(world);
      return run(world, 'jobs', { subcommand: 'clear', by: 'moderator', options: { user: world.userId('member') } });
    },
  },
  {
    name: '/jobs clear, confirmed',
    note: '',
    viewer: 'moderator',
    async prepare(world) {
      await makeHistory(world);
      return clearAll(world);
    },
  },
  {
    name: 'Download of a removed job',
    note: 'the picture that is still on the card',
    async prepare(world) {
      const card = await whenSays(world, SUNSET, /Done/);
      await clearAll(world);
      return (await world.pressForMessage(card, 'Download')).message.id;
    },
  },
];
