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

test('a token that was pasted with something beside it is not taken, and not shown', () => {
  for (const token of ['Bot hunter2', 'hunter2\nhunter3']) {
    const message = complaint({ DISCORD_TOKEN: token });
    assert.match(message, /^DISCORD_TOKEN has spaces/);
    assert.doesNotMatch(message, /hunter/);
  }
});

test("Discord's address is given without its version, which the clients add", () => {
  assert.match(complaint({ DISCORD_API_URL: 'https://discord.com/api/v10' }), /without the version/);
});

test('a store that would not last, or that does not work yet, is refused', () => {
  for (const url of ['sqlite://', 'sqlite://:memory:', 'redis://localhost', 'data/darkroom.sqlite']) {
    assert.match(complaint({ STORE_URL: url }), /^STORE_URL is .+; expected sqlite:\/\/ and a file/, url);
  }
});

test('numbers are written as numbers', () => {
  for (const value of ['0x10', '1e3', '3 000', '3,5', '-1', 'Infinity']) {
    assert.match(complaint({ MAX_RETRIES: value }), /^MAX_RETRIES is .+; expected a number from 0 to 20\.$/, value);
  }
});

test('a page that was pasted into a setting is not shown whole', () => {
  assert.ok(complaint({ LOG_LEVEL: 'x'.repeat(5_000) }).length < 300);
});

/** `.env.example` with every setting it shows in effect. */
async function readExample(): Promise<Map<string, string>> {
  const example = await readFile(new URL('../../.env.example', import.meta.url), 'utf8');
  const lines = [...example.matchAll(/^(?:# )?([A-Z][A-Z_]+)=(.*)$/gm)];
  return new Map(lines.map(([, name, value]) => [name ?? '', value ?? '']));
}

test('.env.example shows the values that hold without it', async () => {
  const example = Object.fromEntries(await readExample());
  const shown = readConfig({ ...example, ...BASE });
  assert.deepEqual(shown, readConfig(BASE));
});

test('.env.example lists every setting that is read, once, in the order they are read', async () => {
  const asked = new Set<string>();
  const recorder = new Proxy<Record<string, string>>(BASE, {
    get(target, name) {
      asked.add(String(name));
      return target[String(name)];
    },
  });
  readConfig(recorder);
  assert.deepEqual([...(await readExample()).keys()], [...asked]);
  const text = await readFile(new URL('../../.env.example', import.meta.url), 'utf8');
  assert.equal(text.match(/^(?:# )?[A-Z][A-Z_]+=/gm)?.length, asked.size, 'each once');
});
