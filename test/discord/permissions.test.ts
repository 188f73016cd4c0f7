import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayChange, maySee } from '../../src/discord/permissions.ts';
import type { Asker } from '../../src/discord/ask.ts';
import { newJob } from '../jobs/new-job.ts';

const MANAGE_MESSAGES = 1n << 13n;

function asker(change: Partial<Asker> = {}): Asker {
  return {
    interactionId: '1',
    applicationId: '2',
    token: 't',
    tokenExpiresAt: 0,
    userId: 'u',
    guildId: 'g',
    channelId: 'c',
    isThread: false,
    locale: 'en-US',
    memberPermissions: 0n,
    appPermissions: null,
    attachmentSizeLimit: 0,
    ...change,
  };
}

test("one sees one's own jobs anywhere, and of others what is not private and of this server", () => {
  const mine = newJob({ guildId: 'elsewhere', private: true });
  assert.ok(maySee(asker(), mine));
  assert.ok(maySee(asker({ guildId: null }), mine));
  const theirs = { userId: 'v', guildId: 'g', private: false };
  assert.ok(maySee(asker(), newJob(theirs)));
  assert.ok(!maySee(asker(), newJob({ ...theirs, private: true })));
  assert.ok(!maySee(asker({ memberPermissions: MANAGE_MESSAGES }), newJob({ ...theirs, private: true })));
  assert.ok(!maySee(asker(), newJob({ ...theirs, guildId: 'elsewhere' })));
  assert.ok(!maySee(asker({ guildId: null }), newJob({ ...theirs, guildId: null })), 'two private chats are not one');
});

test('a moderator changes jobs of their own server, also where a job of another one is shown', () => {
  const moderator = asker({ memberPermissions: MANAGE_MESSAGES });
  assert.ok(mayChange(moderator, newJob({ userId: 'v', guildId: 'g' })));
  assert.ok(!mayChange(moderator, newJob({ userId: 'v', guildId: 'elsewhere' })));
  assert.ok(!mayChange(asker(), newJob({ userId: 'v', guildId: 'g' })));
  assert.ok(mayChange(asker({ guildId: null }), newJob({ guildId: 'elsewhere' })));
});
