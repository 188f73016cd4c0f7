import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGalleryId, type GalleryId, parseGalleryId } from '../../src/discord/gallery-id.ts';

const ANY = { userId: null, kind: null, state: null };
const FULL = { userId: '12345678901234567890', kind: 'video', state: 'cancelled' } as const;

test('what a component of the gallery carries comes back as it was, within 100 characters', () => {
  const ids: GalleryId[] = [
    { action: 'page', place: { ...ANY, trail: [] } },
    { action: 'page', place: { ...FULL, trail: ['rs05', '0a1'] } },
    { action: 'open', place: { ...FULL, kind: 'image', state: 'done', trail: ['rs05'] } },
    { action: 'open', place: { ...ANY, state: 'partial', trail: [] } },
    { action: 'page', place: { ...ANY, state: 'failed', trail: [] } },
    { action: 'post', jobId: 'abcdefghjkmn' },
  ];
  for (const id of ids) {
    const text = formatGalleryId(id);
    assert.ok(text.length <= 100, text);
    assert.deepEqual(parseGalleryId(text), id);
  }
  assert.equal(new Set(ids.map(formatGalleryId)).size, ids.length);
});

test('a way back that is too long loses its first steps, and keeps the page that is shown', () => {
  const trail = Array.from({ length: 40 }, (_, index) => `page${index}`);
  const text = formatGalleryId({ action: 'page', place: { ...FULL, trail } });
  assert.ok(text.length <= 100, text);
  const id = parseGalleryId(text);
  assert.ok(id?.action === 'page' && id.place.trail.length >= 5);
  assert.deepEqual(id.place.trail, trail.slice(-id.place.trail.length));
});

test('what the gallery never wrote belongs to somebody else', () => {
  for (const text of [
    '',
    'v1:gallery',
    'v1:gallery:page',
    'v1:gallery:page:any:any:me:',
    'v1:gallery:page:x:any:any:',
    'v1:gallery:page:any:x:any:',
    'v1:gallery:page:any:any:any::more',
    'v1:gallery:post:',
    'v1:gallery:post:job:any',
    'v2:gallery:post:job',
    'v1:download:job',
    'v1:jobs:list:any:any:',
  ])
    assert.equal(parseGalleryId(text), null, text);
});
