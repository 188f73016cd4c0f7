/** A picture larger than Discord takes: shown smaller, and reached by a link that ends. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import sharp from 'sharp';
import { findFreePort } from '../../sandbox/free-port.ts';
import { World } from './world.ts';

/** Of 30 MB, since it is not compressed. */
async function paintHuge(): Promise<{ bytes: Buffer; mimeType: string }> {
  const create = { width: 3_200, height: 3_200, channels: 3, background: '#30506a' } as const;
  return { bytes: await sharp({ create }).png({ compressionLevel: 0 }).toBuffer(), mimeType: 'image/png' };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function linkIn(text: string): string {
  return /\(<(http[^>]+)>\)/.exec(text)?.[1] ?? assert.fail(`a link in ${text}`);
}

test('a picture of 30 MB is shown smaller, its link gives the original to a stranger behind a proxy, also after a restart, until it is deleted', async (context) => {
  const port = String(await findFreePort());
  const picture = await paintHuge();
  const world = await World.start(context, {
    picture,
    env: { HTTP_PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` },
  });
  const card = await world.generate({ prompt: 'a harbour' });
  const words = await world.whenCard(card, /Done/);
  assert.match(words, /The picture is 30\.8\sMB, larger than Discord takes; shown smaller\./);
  const [attached] = world.message(card).message.attachments;
  assert.ok(attached?.filename.endsWith('_preview.webp'));
  const answer = await world.pressForMessage(card, 'Download');
  await world.waitUntil('the answer has its link', () => /<http/.test(world.text(answer.message.id)));
  const download = world.text(answer.message.id);
  assert.match(download, /generated_image_harbour\.png/);

  const fetchOriginal = (url: string): Promise<Response> =>
    fetch(url, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  for (const url of [linkIn(words), linkIn(download)]) {
    const response = await fetchOriginal(url);
    assert.equal(response.status, 200);
    assert.equal(hashOf(new Uint8Array(await response.arrayBuffer())), hashOf(picture.bytes));
  }
  assert.equal((await fetch(linkIn(words).replace(/key=./, 'key=-'))).status, 404);
  await world.kill();
  await world.startAgain();
  assert.equal((await fetchOriginal(linkIn(words))).status, 200);

  const details = await world.pressForMessage(card, 'Details');
  await world.press(details.message.id, 'Delete');
  await world.press(details.message.id, 'Delete for good');
  await world.waitUntil('it is deleted', () => /Deleted/.test(world.text(details.message.id)));
  const removed = await fetchOriginal(linkIn(words));
  assert.deepEqual([removed.status, await removed.text()], [410, 'This file was removed from the bot.\n']);
  const secret = new URL(linkIn(words)).searchParams.get('key') ?? '';
  for (const line of world.bot.lines) assert.ok(!line.includes('/files/') && !line.includes(secret), line);
});
