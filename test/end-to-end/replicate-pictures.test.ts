/** Pictures that a person attaches, drawn from by Replicate's models. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import sharp from 'sharp';
import type { PickedFile } from '../../sandbox/interface.ts';
import { World } from './world.ts';

/** Of noise, so that it stays too large to travel inside a request. */
async function pickPicture(width = 800, height = 600): Promise<PickedFile> {
  const picture = sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } });
  const data = (await picture.jpeg({ quality: 95 }).toBuffer()).toString('base64');
  return { name: 'garden.jpg', contentType: 'image/jpeg', data };
}

test('an attached picture goes to a model that draws from pictures, past an upload that fails, and the card says which', async (context) => {
  const world = await World.start(context);
  const { replicate } = world.sandbox;
  replicate.addFault({ on: 'upload', kind: 'http-503' });
  const card = await world.generate({ prompt: 'the same in winter', image: await pickPicture() });
  await world.whenCard(card, /Done/);
  assert.match(world.text(card), /Made with .*klein.*, which takes pictures to start from/);
  const [prediction, ...others] = replicate.predictions();
  assert.deepEqual([prediction?.model, others], ['black-forest-labs/flux-2-klein-4b', []]);
  const [upload] = replicate.uploads();
  assert.deepEqual(prediction?.input.images, [`${replicate.url}/files/${upload?.id}`]);
  const refused = await world.run({
    name: 'generate',
    options: { prompt: 'the same in winter', image: await pickPicture(), model: 'google/imagen-4' },
  });
  assert.equal(refused.ephemeralFor, world.userId('member'));
  assert.match(world.text(refused.message.id), /takes no picture to start from.*flux-2-klein-4b/);
  assert.equal(replicate.predictions().length, 1, 'nothing more was paid');
});
