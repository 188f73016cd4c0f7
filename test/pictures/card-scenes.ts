/**
 * What everybody in the channel sees, in the order of a job's life. Each is one scene: a name, and what people do until it is there. Each has a bot and a sandbox of its own, so
 * that it needs to undo nothing.
 */
import { HARBOUR, LIGHTHOUSE, MUG, readPicture, run, SLOW, SUNSET, whenHalfWay, whenSays } from './scene-steps.ts';
import type { Scene } from './scene-steps.ts';

export const CARDS: readonly Scene[] = [
  {
    name: 'Queued',
    note: 'with its place in line',
    settings: { CONCURRENCY: '1' },
    pace: SLOW,
    async prepare(world) {
      await world.generate(LIGHTHOUSE, 'member2');
      await world.generate(LIGHTHOUSE, 'moderator');
      const card = await world.generate(SUNSET);
      await world.whenCard(card, /2 in line/);
      return card;
    },
  },
  {
    name: 'Generating',
    note: 'percent and bar where the service tells progress',
    pace: SLOW,
    prepare: (world) => whenHalfWay(world, SUNSET),
  },
  {
    name: 'Retrying',
    note: 'which attempt comes, why, and when',
    settings: { RETRY_BASE_SECONDS: '30' },
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'create', kind: 'http-503' });
      return whenSays(world, HARBOUR, /Retrying/);
    },
  },
  {
    name: 'Retrying, with another wording',
    note: 'the service worked and gave no picture',
    settings: { RETRY_BASE_SECONDS: '30' },
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'prediction', kind: 'nothing' });
      return whenSays(world, HARBOUR, /prompt variation/);
    },
  },
  {
    name: 'Done',
    note: '',
    prepare: (world) => whenSays(world, SUNSET, /Done/),
  },
  {
    name: 'Done, after a fallback',
    note: 'painted by the bot itself, with a way back to the service',
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'create', kind: 'http-401' });
      const card = await whenSays(world, HARBOUR, /Failed/);
      await world.press(card, 'Fallback: local');
      await world.whenCard(card, /Done/);
      return card;
    },
  },
  {
    name: '/listing: five pictures as one job',
    note: 'each with its own state, on one card',
    pace: { queueMs: 0, workMs: 400 },
    async prepare(world) {
      const card = await run(world, 'listing', { options: MUG });
      await world.whenCard(card, /Done/);
      return card;
    },
  },
  {
    name: '/listing, partly done',
    note: 'Retry failed and Fallback make only what is missing',
    settings: { CONCURRENCY: '1', MAX_RETRIES: '0' },
    pace: { queueMs: 0, workMs: 500 },
    async prepare(world) {
      const card = await run(world, 'listing', { options: MUG });
      await world.waitUntil('four are begun', () => world.predictions().length === 4);
      world.sandbox.replicate.addFault({ on: 'prediction', kind: 'fails' });
      await world.whenCard(card, /Partly done/);
      return card;
    },
  },
  {
    name: '/animate',
    note: 'a video from a picture, in a gallery that plays it',
    async prepare(world) {
      const options = { image: await readPicture('mug.jpg'), prompt: 'steam rises from the mug' };
      const card = await run(world, 'animate', { options });
      await world.whenCard(card, /Done/);
      return card;
    },
  },
  {
    name: 'Failed: it took too long',
    note: 'after three retries',
    settings: { IMAGE_TIMEOUT_SECONDS: '1' },
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'prediction', kind: 'never-ends' }, 4);
      return whenSays(world, LIGHTHOUSE, /Failed/);
    },
  },
  {
    name: 'Failed: content blocked',
    note: '',
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'prediction', kind: 'nsfw' }, 4);
      return whenSays(world, LIGHTHOUSE, /Failed/);
    },
  },
  {
    name: 'Failed: the key was refused',
    note: 'no retry would help, so none was made',
    async prepare(world) {
      world.sandbox.replicate.addFault({ on: 'create', kind: 'http-401' }, 4);
      return whenSays(world, LIGHTHOUSE, /Failed/);
    },
  },
  {
    name: 'Cancelled',
    note: '',
    pace: SLOW,
    async prepare(world) {
      const card = await whenSays(world, HARBOUR, /Generating/);
      await world.press(card, 'Cancel');
      await world.whenCard(card, /Cancelled/);
      return card;
    },
  },
  {
    name: 'A private card',
    note: 'Refresh brings live updates back after 15 minutes',
    pace: SLOW,
    prepare: (world) => whenHalfWay(world, { ...SUNSET, private: true }),
  },
  {
    name: 'Again, pressed by somebody else',
    note: 'a new card, on the limits of whoever pressed',
    async prepare(world) {
      const card = await world.generate(SUNSET, 'member2');
      await world.whenCard(card, /Done/);
      const { message } = await world.pressForMessage(card, 'Again');
      await world.whenCard(message.id, /Done/);
      return message.id;
    },
  },
  {
    name: 'The end of a long wait',
    note: 'one reply that mentions only the one who asked',
    settings: { NOTIFY_AFTER_SECONDS: '1' },
    pace: { queueMs: 0, workMs: 1_500 },
    async prepare(world) {
      const card = await whenSays(world, SUNSET, /Done/);
      const replies = () =>
        world.sandbox.discord
          .messages(world.channelId, world.userId('member'))
          .filter(({ message }) => message.message_reference?.message_id === card);
      await world.waitUntil('the reply is there', () => replies().length > 0);
      return replies()[0]?.message.id ?? '';
    },
  },
];
