import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ConfigError, readConfig } from '../src/config.ts';

const BASE = { DISCORD_TOKEN: 'a-token', REPLICATE_API_TOKEN: 'a-key' };

function complaint(change: Record<string, string | undefined>): string {
  let message = '';
  assert.throws(
    () => readConfig({ ...BASE, ...change }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      message = error.message;
      return true;
    },
  );
  return message;
}

test('with a token alone everything has a sensible value', () => {
  const config = readConfig({ DISCORD_TOKEN: 'a-token' });
  assert.equal(config.replicate, null);
  assert.equal(config.defaultProvider, 'local');
  assert.equal(config.discord.apiUrl, 'https://discord.com/api');
  assert.equal(config.storeUrl, 'sqlite://data/darkroom.sqlite');
  assert.deepEqual(config.engine.retry, { baseMs: 2_000, maxMs: 30_000, variation: 'auto' });
  assert.equal(config.engine.timeoutMs.image, 120_000);
  assert.equal(config.maxRetries, 3);
});

test('with a key, Replicate is on and the default', () => {
  const config = readConfig(BASE);
  assert.equal(config.defaultProvider, 'replicate');
  assert.equal(config.replicate?.imageModel, 'black-forest-labs/flux-schnell');
});

test('an empty setting counts as not set, and spaces around one do not matter', () => {
  const config = readConfig({ ...BASE, CONCURRENCY: '', MAX_RETRIES: ' 5 ' });
  assert.equal(config.engine.concurrency, 8);
  assert.equal(config.maxRetries, 5);
});

test('fractions of seconds are seconds', () => {
  assert.equal(readConfig({ ...BASE, RETRY_BASE_SECONDS: '0.25' }).engine.retry.baseMs, 250);
});

test('a wrong setting is one sentence with its name, what was found and what is expected', () => {
  const wrong: [string, string, RegExp][] = [
    ['CONCURRENCY', '0', /from 1/],
    ['CONCURRENCY', '1.5', /whole number/],
    ['CONCURRENCY', 'many', /number/],
    ['FALLBACK', 'maybe', /ask, auto, never/],
    ['DEFAULT_PROVIDER', 'dalle', /replicate, local/],
    ['DISCORD_GUILD_ID', 'my server', /digits/],
    ['REPLICATE_IMAGE_MODEL', 'flux', /owner\/name/],
    ['LOG_LEVEL', 'loud', /debug, info, warn, error/],
    ['REPLICATE_BASE_URL', 'not an address', /https/],
  ];
  for (const [name, value, expected] of wrong) {
    const message = complaint({ [name]: value });
    assert.ok(message.includes(name) && message.includes(value), message);
    assert.match(message, expected);
    assert.doesNotMatch(message, /\n/);
  }
});

test('a provider without its key cannot be the default', () => {
  assert.match(complaint({ REPLICATE_API_TOKEN: '', DEFAULT_PROVIDER: 'replicate' }), /DEFAULT_PROVIDER/);
});

test('a key travels over plain http only on this machine', () => {
  assert.match(complaint({ REPLICATE_BASE_URL: 'http://example.com/v1' }), /https/);
  assert.equal(
    readConfig({ ...BASE, REPLICATE_BASE_URL: 'http://127.0.0.1:9/v1/' }).replicate?.baseUrl,
    'http://127.0.0.1:9/v1',
  );
});

test('no sentence shows a secret', () => {
  assert.doesNotMatch(complaint({ STORE_URL: 'postgres://user:hunter2@host/db' }), /hunter2/);
  assert.doesNotMatch(complaint({ REPLICATE_BASE_URL: 'https://user:hunter2@host/' }), /hunter2/);
  assert.match(complaint({ DISCORD_TOKEN: '' }), /DISCORD_TOKEN/);
});

test('.env.example lists every setting that is read, and no other', async () => {
  const asked = new Set<string>();
  const recorder = new Proxy<Record<string, string>>(BASE, {
    get(target, name) {
      asked.add(String(name));
      return target[String(name)];
    },
  });
  readConfig(recorder);
  const example = await readFile(new URL('../../.env.example', import.meta.url), 'utf8');
  const listed = [...example.matchAll(/^(?:# )?([A-Z][A-Z_]+)=/gm)].map((match) => match[1] ?? '');
  assert.deepEqual(new Set(listed), asked);
  assert.equal(listed.length, asked.size, 'each once');
});
