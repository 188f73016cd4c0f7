import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createCanvas } from '@napi-rs/canvas';
import { type AllowedHost, downloadFile, type DownloadOptions, isAllowedHost } from '../../src/providers/download.ts';
import { type FetchedFile, ProviderFailure } from '../../src/providers/provider.ts';

const PNG = createCanvas(8, 8).toBuffer('image/png');
const LOCAL: AllowedHost = { name: '127.0.0.1', isPlainAllowed: true };

async function serve(context: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function download(url: string, options: Partial<DownloadOptions> = {}): Promise<FetchedFile> {
  return downloadFile(url, { allowedHosts: [LOCAL], signal: new AbortController().signal, ...options });
}

async function refusalOf(file: Promise<unknown>): Promise<[string, string, string | null]> {
  const error = await file.then(
    () => assert.fail('expected a refusal, got a file'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ProviderFailure, String(error));
  const { reason, next, providerStatus } = error.failure;
  return [reason, next, providerStatus];
}

test('a picture arrives whole, with the type its bytes have and not the one it is said to have', async (context) => {
  const origin = await serve(context, (_, response) => response.setHeader('content-type', 'text/html').end(PNG));
  const file = await download(`${origin}/x`);
  assert.deepEqual(Buffer.from(file.bytes), PNG);
  assert.deepEqual([file.mimeType, file.extension], ['image/png', '.png']);
});

test('a page in place of a picture is refused, whatever type it claims, and may be asked for again', async (context) => {
  const origin = await serve(context, (_, response) =>
    response.setHeader('content-type', 'image/png').end('<!doctype html><title>Sign in</title>'),
  );
  assert.deepEqual(await refusalOf(download(origin)), [
    'file-refused',
    'retry',
    'file refused: not a picture or video',
  ]);
});

test('only the hosts on the list are asked, and over http only where the list says so', async () => {
  const hosts = [
    { name: 'replicate.delivery', isPlainAllowed: false },
    { name: '*.replicate.delivery', isPlainAllowed: false },
    LOCAL,
  ];
  const isAllowed = (url: string): boolean => isAllowedHost(new URL(url), hosts);
  for (const url of [
    'https://replicate.delivery/a',
    'https://pbxt.replicate.delivery/a',
    'http://127.0.0.1:9/a',
    'http://localhost:9/a',
    'http://[::1]:9/a',
  ]) {
    assert.ok(isAllowed(url), url);
  }
  for (const url of [
    'http://replicate.delivery/a',
    'https://evilreplicate.delivery/a',
    'https://replicate.delivery.evil.example/a',
    'https://replicate.delivery@evil.example/a',
    'ftp://replicate.delivery/a',
    'http://169.254.169.254/a',
    'http://127.0.0.1.evil.example/a',
    'file:///etc/passwd',
  ]) {
    assert.ok(!isAllowed(url), url);
  }
  const never: typeof fetch = () => assert.fail('a host off the list was asked');
  const refused = await refusalOf(download('https://evil.example/secret-path?sig=1', { fetch: never }));
  assert.deepEqual(refused, ['file-refused', 'give-up', 'file refused: host evil.example']);
  assert.equal((await refusalOf(download('not an address', { fetch: never })))[0], 'file-refused');
});

test('this machine is no allowed host unless the service itself is on it', () => {
  const hosts = [{ name: 'api.replicate.com', isPlainAllowed: false }];
  for (const url of ['http://127.0.0.1/a', 'https://localhost/a', 'http://api.replicate.com/a'])
    assert.ok(!isAllowedHost(new URL(url), hosts), url);
});

test('redirects are followed on allowed hosts, and the key stays with its own address', async (context) => {
  const seen: (string | undefined)[] = [];
  const origin = await serve(context, (request, response) => {
    seen.push(request.headers.authorization);
    if (request.url === '/v1/files/1') response.writeHead(302, { location: '/elsewhere' }).end();
    else response.end(PNG);
  });
  const file = await download(`${origin}/v1/files/1`, {
    headersFor: (url): Record<string, string> =>
      url.pathname.startsWith('/v1/') ? { authorization: 'Bearer secret' } : {},
  });
  assert.equal(file.mimeType, 'image/png');
  assert.deepEqual(seen, ['Bearer secret', undefined]);
});

test('a redirect to a host off the list, or to one after another, is refused', async (context) => {
  const origin = await serve(context, (request, response) => {
    const location = request.url === '/out' ? 'http://evil.example/x' : '/again';
    response.writeHead(307, { location }).end();
  });
  assert.equal((await refusalOf(download(`${origin}/out`)))[2], 'file refused: host evil.example');
  assert.equal((await refusalOf(download(`${origin}/again`)))[2], 'file refused: more than 5 redirects');
});

test('a file over the limit is refused, whether or not it says its size', async (context) => {
  let sent = 0;
  const origin = await serve(context, (request, response) => {
    if (request.url === '/said') return void response.setHeader('content-length', 5_000_000_000).write(PNG);
    response.write(PNG);
    const more = setInterval(() => {
      sent += 65_536;
      response.write(Buffer.alloc(65_536));
    }, 1);
    response.on('close', () => clearInterval(more));
  });
  const tooLarge = ['file-too-large', 'give-up', null];
  assert.deepEqual(await refusalOf(download(`${origin}/said`, { maxBytes: 100_000 })), tooLarge);
  assert.deepEqual(await refusalOf(download(`${origin}/unsaid`, { maxBytes: 100_000 })), tooLarge);
  assert.ok(sent < 10_000_000);
});

/** A PNG that claims these sides and holds nothing. */
function claim(width: number, height: number): Buffer {
  const header = Buffer.from(PNG.subarray(0, 33));
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return header;
}

test('a picture with too many pixels is refused by its header alone, however small its file', async (context) => {
  let file = PNG;
  const origin = await serve(context, (_, response) => response.end(file));
  for (const [width, height] of [
    [30_000, 30_000],
    [10_001, 10_000],
    [20_001, 10],
    [10, 20_001],
  ] as const) {
    file = claim(width, height);
    const refused = await refusalOf(download(origin));
    assert.deepEqual(refused, ['file-too-large', 'give-up', `file of ${width} × ${height} pixels`]);
  }
  for (const [width, height] of [
    [10_000, 10_000],
    [20_000, 5_000],
  ] as const) {
    file = Buffer.concat([claim(width, height), Buffer.from('IEND')]);
    assert.equal((await download(origin)).mimeType, 'image/png');
  }
});

test('a picture whose size cannot be read is refused', async (context) => {
  const broken = [
    claim(0, 10),
    // A JPEG of a million empty segments.
    Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(4_000_000, Buffer.from('0002ffe0', 'hex'))]),
    Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0')]),
  ];
  let file = PNG;
  const origin = await serve(context, (_, response) => response.end(file));
  for (file of broken)
    assert.deepEqual(await refusalOf(download(origin)), [
      'file-refused',
      'give-up',
      'file refused: a picture without a readable header',
    ]);
});

test('a file that is cut half way is tried again, never kept', async (context) => {
  const origin = await serve(context, (request, response) => {
    if (request.url === '/length') response.setHeader('content-length', PNG.length);
    response.write(PNG.subarray(0, 20), () => response.destroy());
  });
  for (const path of ['/length', '/chunks']) {
    const [reason, next] = await refusalOf(download(origin + path));
    assert.deepEqual([reason, next], ['network', 'retry']);
  }
});

test('a file that stands still is given up when its time is over', async (context) => {
  const origin = await serve(context, (request, response) => {
    if (request.url === '/body') response.write(PNG.subarray(0, 20));
  });
  for (const path of ['/body', '/headers'])
    assert.deepEqual(await refusalOf(download(origin + path, { timeoutMs: 50 })), [
      'network',
      'retry',
      'file timed out',
    ]);
});

test('a file that is gone is gone; a server in trouble, or in a hurry, is asked again', async (context) => {
  const origin = await serve(context, (request, response) => {
    response
      .setHeader('retry-after', '3')
      .writeHead(Number(request.url?.slice(1)))
      .end('x');
  });
  const expected = {
    404: ['file-gone', 'give-up'],
    403: ['file-gone', 'give-up'],
    410: ['file-gone', 'give-up'],
    500: ['provider-error', 'retry'],
    503: ['provider-error', 'retry'],
    408: ['provider-error', 'retry'],
    429: ['rate-limit', 'retry'],
    304: ['file-refused', 'give-up'],
  };
  for (const [status, [reason, next]] of Object.entries(expected))
    assert.deepEqual(await refusalOf(download(`${origin}/${status}`)), [reason, next, `file HTTP ${status}`]);
});

test('a busy server names its wait in seconds or as a date', async (context) => {
  let retryAfter = '3';
  const origin = await serve(context, (_, response) =>
    response.setHeader('retry-after', retryAfter).writeHead(429).end(),
  );
  const waitOf = async (): Promise<number | null> => {
    const error = await download(origin).catch((thrown: unknown) => thrown);
    return error instanceof ProviderFailure ? error.failure.retryAfterMs : assert.fail(String(error));
  };
  assert.equal(await waitOf(), 3_000);
  retryAfter = new Date(Date.now() + 60_000).toUTCString();
  const waitMs = (await waitOf()) ?? 0;
  assert.ok(waitMs > 50_000 && waitMs <= 60_000, String(waitMs));
  retryAfter = 'soon';
  assert.equal(await waitOf(), null);
});

test('a host that is not there is a network failure', async (context) => {
  const origin = await serve(context, () => undefined);
  const closed = await serve(context, () => undefined);
  const [reason, next] = await refusalOf(download(closed.replace(/\d+$/, '1')));
  assert.deepEqual([reason, next], ['network', 'retry']);
  assert.ok(origin);
});

test('a stop ends the transfer with its own reason', async (context) => {
  const stop = new AbortController();
  const origin = await serve(context, (_, response) => {
    response.write(PNG.subarray(0, 20));
    stop.abort(new Error('stopped by the test'));
  });
  await assert.rejects(download(origin, { signal: stop.signal }), /stopped by the test/);
  await assert.rejects(download(origin, { signal: stop.signal }), /stopped by the test/);
});

test('a picture inside its address is read by the same rules', async () => {
  const base64 = `data:image/png;base64,${PNG.toString('base64')}`;
  assert.deepEqual(Buffer.from((await download(base64)).bytes), PNG);
  const percent = `data:image/png,${[...PNG].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`;
  assert.deepEqual(Buffer.from((await download(percent)).bytes), PNG);
  assert.equal((await refusalOf(download(base64, { maxBytes: 10 })))[0], 'file-too-large');
  assert.equal((await refusalOf(download('data:text/html,<p>hello')))[0], 'file-refused');
  assert.equal((await refusalOf(download('data:image/png')))[0], 'file-refused');
});

test('a picture that came without a length and without its end is tried again', async (context) => {
  const origin = await serve(context, (_, response) => {
    response.setHeader('transfer-encoding', 'chunked');
    response.end(PNG.subarray(0, PNG.length - 20));
  });
  assert.deepEqual(await refusalOf(download(origin)), ['network', 'retry', 'cut before its end']);
});
