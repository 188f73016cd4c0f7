/** Originals over HTTP: a signed address gives its one file until it ends, and nobody anything else. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Config, readConfig } from '../../src/config.ts';
import type { Asset, Item, Job } from '../../src/jobs/job.ts';
import { openAssetStore, type FolderAssetStore } from '../../src/store/asset-store.ts';
import { createLinkedFiles } from '../../src/wiring/files.ts';
import { drawVideo } from '../../sandbox/video.ts';
import { findBrowser, launchBrowser } from '../browser.ts';
import { newJob } from '../jobs/new-job.ts';
import { send, startServer, type Running } from './http-setup.ts';

const MINUTE_MS = 60_000;
const BYTES = Buffer.from('0123456789');

interface Setup extends Running {
  assets: FolderAssetStore;
  folder: string;
  /** Saves a done job with one such file. */
  make(made?: { bytes?: Buffer; mimeType?: string; extension?: string; prompt?: string }): Promise<Job>;
  jobs: Map<string, Job>;
  removed: Set<string>;
  /** Of the job's only file, for so long from now; at the server, whatever PUBLIC_URL is. */
  link(job: Job, forMs?: number): string;
}

function configOf(publicUrl: string | undefined): Config {
  return readConfig({ DISCORD_TOKEN: 't', ...(publicUrl && { HTTP_PORT: '8080', PUBLIC_URL: publicUrl }) });
}

async function setUp(context: TestContext): Promise<Setup> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-files-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const assets = await openAssetStore({ folder });
  const jobs = new Map<string, Job>();
  const removed = new Set<string>();
  const stored = {
    get: async (id: string) => jobs.get(id),
    getRemovedAt: async (id: string) => (removed.has(id) ? 1 : undefined),
  };
  let linkTo: ReturnType<typeof createLinkedFiles>['linkTo'] = () => null;
  const running = await startServer(
    context,
    ({ clock, log }) => {
      const config = configOf('https://bot.example/darkroom');
      const files = createLinkedFiles({ config, secret: 'store key', jobs: stored, assets, clock, log });
      linkTo = files.linkTo;
      assert.ok(files.route);
      return [files.route];
    },
    { publicUrl: 'https://bot.example' },
  );
  return {
    ...running,
    assets,
    folder,
    jobs,
    removed,
    async make({ bytes = BYTES, mimeType = 'image/png', extension = '.png', prompt = 'a fox' } = {}) {
      const job = newJob({ input: { prompt } });
      const asset = await assets.put({ jobId: job.id, item: 'image', index: 0, bytes, mimeType, extension });
      const done = finish(job, asset);
      jobs.set(job.id, done);
      return done;
    },
    link(job, forMs = MINUTE_MS) {
      const [asset] = job.result;
      assert.ok(asset);
      const url = linkTo(job, asset, running.clock.now() + forMs) ?? '';
      assert.ok(url.startsWith('https://bot.example/darkroom/files/'));
      return url.replace('https://bot.example/darkroom', running.server.url);
    },
  };
}

function finish(job: Job, asset: Asset): Job {
  const items = job.items.map((item): Item => ({ ...item, state: 'done', assets: [asset] }));
  return { ...job, state: 'done', items, result: [asset] };
}

test('a link gives the original, named after its prompt, in a form that no browser runs', async (context) => {
  const setup = await setUp(context);
  const { status, headers, body } = await send(setup.link(await setup.make({ prompt: 'Ein Füchs "rot"' })));
  assert.deepEqual([status, body], [200, BYTES.toString()]);
  assert.equal(headers['content-type'], 'image/png');
  assert.equal(headers['content-length'], '10');
  assert.equal(
    headers['content-disposition'],
    `inline; filename="generated_image_ein_f_chs_rot.png"; filename*=UTF-8''generated_image_ein_f%C3%BCchs_rot.png`,
  );
  assert.equal(headers['content-security-policy'], "default-src 'none'; sandbox");
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['cache-control'], 'private');
  assert.equal(headers['referrer-policy'], 'no-referrer');
});

test('a link works through a proxy, and what is no picture or video is only saved', async (context) => {
  const setup = await setUp(context);
  const job = await setup.make({ mimeType: 'image/svg+xml', extension: '.svg' });
  const { status, headers } = await send(setup.link(job), { headers: [['x-forwarded-for', '203.0.113.9']] });
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'application/octet-stream');
  assert.match(headers['content-disposition'] ?? '', /^attachment;/);
});

test('a link ends at its moment, with a sentence for whoever comes too late', async (context) => {
  const setup = await setUp(context);
  const url = setup.link(await setup.make());
  await setup.clock.advance(MINUTE_MS - 1);
  assert.equal((await send(url)).status, 200);
  await setup.clock.advance(1);
  const { status, headers, body } = await send(url);
  assert.equal(status, 410);
  assert.match(body, /This link has ended. Press Download on the card/);
  assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
});

test('a link of a job that was removed says so, and one of a file that is gone from the disk', async (context) => {
  const setup = await setUp(context);
  const [removed, gone] = [await setup.make(), await setup.make()];
  setup.jobs.delete(removed.id);
  setup.removed.add(removed.id);
  await setup.assets.removeAll(gone.id);
  for (const job of [removed, gone]) {
    const { status, body } = await send(setup.link(job));
    assert.deepEqual([status, body], [410, 'This file was removed from the bot.\n']);
  }
});

test('an address that differs in any one character gives nothing', async (context) => {
  const setup = await setUp(context);
  const url = setup.link(await setup.make());
  const start = url.indexOf('/files/') + 1;
  const answers = await Promise.all(
    Array.from({ length: url.length - start }, (_, index) => start + index).map(async (index) => {
      const other = url[index] === 'x' ? 'y' : 'x';
      return (await send(url.slice(0, index) + other + url.slice(index + 1))).status;
    }),
  );
  assert.deepEqual([...new Set(answers)], [404]);
  assert.equal((await send(url)).status, 200);
});

test('a forged address is answered like one of a file that never was, and nothing of it is logged', async (context) => {
  const setup = await setUp(context);
  const [job, other] = [await setup.make(), await setup.make({ bytes: Buffer.from('another') })];
  const url = new URL(setup.link(job));
  const forgeries = {
    'no signature': setup.link(job).replace(/\?.*$/, ''),
    'two moments': `${url.href}&until=9999999999`,
    'two signatures': `${url.href}&key=x`,
    "another job's file": url.href.replaceAll(job.id, other.id),
    'a moment never signed': url.href.replace(/until=\d+/, 'until=9999999999'),
    'a moment that is no number': url.href.replace(/until=\d+/, 'until=never'),
    'another spelling of the signature': url.href.replace(/key=([\w-]+)/, 'key=$1='),
    'a way out of the folder': url.href.replace(/files\/[^?]+/, 'files/..%2f/darkroom.sqlite'),
  };
  const never = await send(url.href.replace(/files\/[^?]+/, 'files/nojob/image-0-0.png'));
  assert.deepEqual([never.status, never.body], [404, '{"error":"not found"}']);
  for (const [name, forged] of Object.entries(forgeries)) {
    const { status, body } = await send(forged);
    assert.deepEqual([status, body], [404, never.body], name);
  }
  assert.ok(setup.refusals.totals()['bad-link'] >= Object.keys(forgeries).length - 1);
  const logged = JSON.stringify(setup.lines);
  for (const secret of [job.id, url.searchParams.get('key') ?? '', '/files']) assert.ok(!logged.includes(secret));
});

test('what a job has in its folder beside what it made is not given', async (context) => {
  const setup = await setUp(context);
  const job = await setup.make();
  const file = { jobId: job.id, item: 'reference', index: 0, mimeType: 'image/png', extension: '.png' };
  const reference = await setup.assets.put({ ...file, bytes: Buffer.from('a face') });
  assert.equal((await send(setup.link(finish(job, reference)))).status, 404);
});

test('another store signs otherwise, and without a public address there is no link at all', async (context) => {
  const setup = await setUp(context);
  const job = await setup.make();
  const [asset] = job.result;
  assert.ok(asset);
  const { clock, assets } = setup;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const jobs = { get: async () => undefined, getRemovedAt: async () => undefined };
  const create = (publicUrl?: string): ReturnType<typeof createLinkedFiles> =>
    createLinkedFiles({ config: configOf(publicUrl), secret: 'other key', jobs, assets, clock, log });
  const foreign = create(setup.server.url).linkTo(job, asset, clock.now() + MINUTE_MS);
  assert.equal((await send(foreign ?? '')).status, 404);
  const none = create();
  assert.deepEqual([none.linkTo(job, asset, clock.now()), none.route], [null, null]);
});

const RANGES: [asked: string, status: number, body: string, told: string | undefined][] = [
  ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
  ['bytes=8-', 206, '89', 'bytes 8-9/10'],
  ['bytes=-3', 206, '789', 'bytes 7-9/10'],
  ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
  ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
  ['bytes=10-', 416, '{"error":"range not satisfiable"}', 'bytes */10'],
  ['bytes=-0', 416, '{"error":"range not satisfiable"}', 'bytes */10'],
  ['bytes=7-3', 200, '0123456789', undefined],
  ['bytes=0-1,3-4', 200, '0123456789', undefined],
  ['pages=1-2', 200, '0123456789', undefined],
];

test('a player gets the part of a video it asks for', async (context) => {
  const setup = await setUp(context);
  const url = setup.link(await setup.make({ mimeType: 'video/mp4', extension: '.mp4' }));
  for (const [asked, status, body, told] of RANGES) {
    const answer = await send(url, { headers: [['range', asked]] });
    assert.deepEqual([answer.status, answer.body, answer.headers['content-range']], [status, body, told], asked);
    if (status !== 416) assert.equal(answer.headers['content-length'], String(body.length));
  }
});

const browser = findBrowser();

test('a video whose link is opened in a browser plays there', { skip: browser.skip }, async (context) => {
  const setup = await setUp(context);
  const video = { bytes: drawVideo('a boat'), mimeType: 'video/mp4', extension: '.mp4' };
  const chromium = await launchBrowser();
  context.after(() => chromium.close());
  const page = await chromium.newPage();
  await page.goto(setup.link(await setup.make(video)));
  await page.waitForFunction('document.querySelector("video").readyState === 4');
});

test('HEAD tells the size and sends nothing', async (context) => {
  const setup = await setUp(context);
  const url = setup.link(await setup.make({ mimeType: 'video/mp4', extension: '.mp4' }));
  const { status, headers, body } = await send(url, { method: 'HEAD' });
  assert.deepEqual([status, body, headers['content-length'], headers['accept-ranges']], [200, '', '10', 'bytes']);
  const part = await send(url, { method: 'HEAD', headers: [['range', 'bytes=2-3']] });
  assert.deepEqual([part.status, part.body, part.headers['content-length']], [206, '', '2']);
  assert.equal((await send(url, { method: 'POST' })).status, 405);
});

test('a video of 200 MB passes through without being held in memory', async (context) => {
  const setup = await setUp(context);
  const job = await setup.make({ mimeType: 'video/mp4', extension: '.mp4' });
  const [asset] = job.result;
  assert.ok(asset);
  const large = { ...asset, bytes: 200_000_000 };
  await truncate(join(setup.folder, asset.file), large.bytes);
  setup.jobs.set(job.id, finish(job, large));
  const response = await fetch(setup.link(job));
  let [came, chunks, most] = [0, 0, 0];
  const before = process.memoryUsage.rss();
  for await (const chunk of response.body ?? []) {
    came += (chunk as Uint8Array).byteLength;
    chunks += 1;
    if (chunks % 100 === 0) most = Math.max(most, process.memoryUsage.rss() - before);
  }
  assert.equal(came, large.bytes);
  assert.ok(most < 100_000_000, `${most} bytes more in memory`);
});
