import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGeminiProvider } from '../../../src/providers/gemini/gemini-provider.ts';
import { attempt } from '../attempt.ts';
import { assertKeyless, beginVideo, create, failureOf, FLASH, meaningOf, NEVER } from './setup.ts';
import { OMNI, RED, SECRET, serve, setUp } from './setup.ts';

test('the key goes to the API alone: not to another host, nor after a redirect', async (context) => {
  const seen: (string | undefined)[] = [];
  const other = await serve(context, (request, response) => {
    seen.push(request.headers['x-goog-api-key']?.toString());
    response.writeHead(200).end(RED);
  });
  let location = `${other}/stolen`;
  const own = await serve(context, (_request, response) => {
    response.writeHead(302, { location, 'content-type': 'application/json' }).end('{}');
  });
  const provider = create(own);
  assert.equal((await failureOf(beginVideo(provider))).failure.providerStatus, 'HTTP 302');
  const image = provider.start(attempt(), { signal: NEVER });
  assert.deepEqual(meaningOf(await failureOf(image)), ['provider-error', 'give-up', null]);
  assert.deepEqual(seen, [], 'no redirect of the API is followed');

  const file = await provider.fetchFile({ kind: 'url', url: `${own}/v1beta/files/a` }, { signal: NEVER });
  assert.equal(file.mimeType, 'image/png');
  assert.deepEqual(seen, [undefined]);
  location = 'https://files.example.com/a';
  for (const url of [`${own}/v1beta/files/a`, location, 'http://generativelanguage.googleapis.com/a'])
    assert.equal(
      (await failureOf(provider.fetchFile({ kind: 'url', url }, { signal: NEVER }))).failure.reason,
      'file-refused',
    );
});

test('a file is fetched from the API with its key, however it is told, also behind a proxy and after a redirect there', async (context) => {
  const asked: string[] = [];
  const proxy = await serve(context, ({ url, headers }, response) => {
    asked.push(`${url} ${headers['x-goog-api-key']?.toString()}`);
    if (url?.startsWith('/gemini/v1beta/') === true) response.writeHead(302, { location: `/download${url}` }).end();
    else response.writeHead(200).end(RED);
  });
  const google = 'https://generativelanguage.googleapis.com/v1beta';
  const own = `${proxy}/gemini/v1beta`;
  for (const url of ['files/a', `${own}/files/a`, `${google}/files/a`, `${google}/files/a:download?alt=media`]) {
    asked.length = 0;
    await create(`${proxy}/gemini/`).fetchFile({ kind: 'url', url }, { signal: NEVER });
    const path = '/gemini/v1beta/files/a:download?alt=media';
    assert.deepEqual(asked, [`${path} ${SECRET}`, `/download${path} ${SECRET}`], url);
  }
});

test('without an address of its own the API is that of Google, whatever the environment of its client says', async (context) => {
  const names = ['GOOGLE_GEMINI_BASE_URL', 'GOOGLE_GENAI_USE_VERTEXAI'];
  context.after(() => names.forEach((name) => delete process.env[name]));
  process.env.GOOGLE_GEMINI_BASE_URL = 'https://example.com';
  process.env.GOOGLE_GENAI_USE_VERTEXAI = 'true';
  const asked: string[] = [];
  const provider = createGeminiProvider({
    apiKey: SECRET,
    baseUrl: null,
    imageModel: FLASH,
    videoModel: OMNI,
    fetch: async (input) => {
      asked.push(input instanceof Request ? input.url : String(input));
      throw new TypeError('fetch failed');
    },
  });
  await failureOf(beginVideo(provider));
  await failureOf(provider.start(attempt(), { signal: NEVER }));
  const google = 'https://generativelanguage.googleapis.com/v1beta';
  assert.deepEqual(asked, [`${google}/interactions`, `${google}/models/${FLASH}:generateContent`]);
});

test('what cannot be a key is refused at once, without being told back', () => {
  for (const apiKey of ['a secret', 'a\nsecret', ''])
    assert.throws(
      () => create('http://127.0.0.1:1', { apiKey }),
      (error: Error) => /Gemini API key/.test(error.message) && !error.message.includes('secret'),
    );
});

test('a stop ends every call soon, with its own reason and without the key', async (context) => {
  const { service, provider } = await setUp(context);
  const operation = await beginVideo(provider);
  for (const on of ['generate', 'interaction', 'get', 'models'] as const) service.addFault({ on, kind: 'hang' });
  const stop = new AbortController();
  const { signal } = stop;
  const calls = [
    provider.start(attempt(), { signal }),
    provider.start(attempt({ kind: 'video' }), { signal }),
    provider.check(operation, { signal }),
    provider.catalog?.warm({ signal }),
  ];
  const allHeld = new Promise<void>((resolve) => {
    const leave = service.onChange(() => {
      if (service.requests.filter(({ status }) => status === 'hang').length < calls.length) return;
      leave();
      resolve();
    });
  });
  await allHeld;
  stop.abort(new Error('stopped by the test'));
  for (const call of calls)
    await assert.rejects(
      async () => call,
      (error) => {
        assert.ok(error instanceof Error);
        assert.equal(error.message, 'stopped by the test');
        assertKeyless(error, service.key);
        return true;
      },
    );
});

test('a bug below the client comes out as an error without the key', async () => {
  const provider = create('http://127.0.0.1:1', {
    fetch: async () => {
      throw new RangeError(`bad header ${SECRET}`);
    },
  });
  for (const kind of ['image', 'video'] as const)
    await assert.rejects(provider.start(attempt({ kind }), { signal: NEVER }), (error: Error) => {
      assert.match(error.message, /^The Google client failed: /);
      assertKeyless(error, SECRET);
      return true;
    });
});
