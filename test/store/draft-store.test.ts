import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Draft, DraftStore } from '../../src/discord/draft.ts';
import type { Reference } from '../../src/jobs/job.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { openDraftStore } from '../../src/store/draft-store.ts';
import { NOW, sampleJob, storeUrl, temporaryFolder } from './samples.ts';

const DAY_MS = 86_400_000;

function sampleDraft(id: string, change: Partial<Draft> = {}): Draft {
  const choice = (name: string): Draft['choices'][number] => ({
    label: name,
    description: null,
    reference: {
      name,
      fromJobId: null,
      state: 'coming',
      source: { kind: 'address', url: `https://cdn.discordapp.com/${name}` },
    },
    itemName: null,
    prompt: null,
  });
  return {
    v: 1,
    id,
    userId: '300',
    purpose: 'animate',
    input: sampleJob('any').input,
    private: true,
    choices: [choice('one.png'), choice('two.png')],
    createdAt: NOW,
    expiresAt: NOW + DAY_MS,
    ...change,
  };
}

const KEPT: Reference = {
  name: 'two.png',
  fromJobId: null,
  state: 'kept',
  picture: {
    asset: { file: 'drafta/reference-1-0.jpg', mimeType: 'image/jpeg', extension: '.jpg', bytes: 9, sha256: 'ff' },
    width: 64,
    height: 48,
    isFirstFrame: false,
  },
};

async function open(
  context: TestContext,
  folder: string,
  unreadable: string[] = [],
): Promise<{ database: Database; store: DraftStore }> {
  const database = await openDatabase({ url: storeUrl(folder) });
  context.after(() => database.close());
  return { database, store: await openDraftStore({ database, onUnreadable: (key) => void unreadable.push(key) }) };
}

test('a draft, and each picture that was copied for it since, is there after a restart', async (context) => {
  const folder = await temporaryFolder(context);
  const first = await open(context, folder);
  await first.store.save(sampleDraft('draftb', { createdAt: NOW + 5 }));
  await first.store.save(sampleDraft('drafta'));
  await first.store.keepReference('drafta', 1, KEPT);
  await first.store.keepReference('draftgone', 0, KEPT);
  await first.database.close();
  const { store } = await open(context, folder);
  const [one, two] = sampleDraft('drafta').choices;
  assert.deepEqual(await store.get('drafta'), {
    ...sampleDraft('drafta'),
    choices: [one, { ...two, reference: KEPT }],
  });
  assert.deepEqual(
    store.list().map(({ id }) => id),
    ['drafta', 'draftb'],
    'oldest first',
  );
  assert.equal(await store.get('draftgone'), undefined);
});

test('a draft that was deleted is gone, now and after a restart', async (context) => {
  const folder = await temporaryFolder(context);
  const first = await open(context, folder);
  await first.store.save(sampleDraft('drafta'));
  await first.store.delete('drafta');
  await first.store.delete('drafta');
  assert.equal(first.store.has('drafta'), false);
  await first.database.close();
  const { store } = await open(context, folder);
  assert.deepEqual([store.list(), await store.get('drafta')], [[], undefined]);
});

test('a draft that cannot be read is told of and set aside, and stays known, so that its files are left alone', async (context) => {
  const folder = await temporaryFolder(context);
  const first = await open(context, folder);
  await first.database.inOrder(() => first.database.namespace('draft').set('drafta', { v: 9, id: 'drafta' }));
  await first.database.close();
  const unreadable: string[] = [];
  const { store } = await open(context, folder, unreadable);
  assert.deepEqual(unreadable, ['draft:drafta']);
  assert.deepEqual([store.list(), store.has('drafta')], [[], true]);
  assert.equal(await store.get('drafta'), undefined);
});
