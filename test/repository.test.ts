/** What must hold of the repository as a whole: links that lead somewhere, no secret, nothing of one machine. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listFiles, readRepositoryFile, root } from './repository-files.ts';

const BINARY = /\.(?:png|jpe?g|gif|webp|ico|ttf|otf|woff2?|mp4|zip)$/;

/** Paths of one person's machine, and where one person's packages come from. Written in parts, so that this file passes. */
const OF_ONE_MACHINE = [
  ['', 'work', ''].join('/'),
  ['', 'tmp', 'bash'].join('/'),
  ['', 'home', ''].join('/'),
  ['', 'Users', ''].join('/'),
  ['registry', ''].join('='),
  ['', '', 'registry.'].join('/'),
];

const SECRETS: [what: string, form: RegExp][] = [
  ['a Discord token', /\b[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}/],
  // The sandbox's own token has the real one's length and says what it is.
  ['a Replicate token', /\br8_(?!sandbox)[A-Za-z0-9]{30,}/],
  ['a webhook secret', /\bwhsec_[A-Za-z0-9+/]{24,}/],
  ['a Google key', /\bAIza[\w-]{30,}/],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
];

const texts = listFiles()
  .filter((path) => !BINARY.test(path))
  .map((path) => ({ path, text: readRepositoryFile(path) }));

/** The files a Markdown text points to: its links, and the paths of sources and tests it names in code. */
function namedFiles(markdown: string): string[] {
  const links = [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const named = [...markdown.matchAll(/`((?:src|commands|sandbox|test|docs)\/[\w./-]+)`/g)].map(
    ([, path = '']) => path,
  );
  return [...links, ...named]
    .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
    .map((target) => target.replace(/#.*$/, ''));
}

function findSecrets(text: string): string[] {
  return SECRETS.filter(([, form]) => form.test(text)).map(([what]) => what);
}

/** Only where a path begins: `src/work/` is nobody's machine. */
function findMachineWords(text: string): string[] {
  return OF_ONE_MACHINE.filter((words) =>
    new RegExp(String.raw`(?<![\w.*}-])${words.replaceAll('.', String.raw`\.`)}`).test(text),
  );
}

/** Settings in the form of .env that hold a secret: only their names may stand there. */
function filledSecrets(example: string): string[] {
  return [...example.matchAll(/^#?\s*(\w*(?:TOKEN|KEY|SECRET)\w*)=(.+)$/gm)].map(([, name = '']) => name);
}

test('every file the README names exists', () => {
  const missing = namedFiles(readRepositoryFile('README.md')).filter((path) => !existsSync(join(root, path)));
  assert.deepEqual(missing, []);
});

test('.env.example holds no secret', () => {
  assert.deepEqual(filledSecrets(readRepositoryFile('.env.example')), []);
});

test('no file holds a token or a key', () => {
  const found = texts.flatMap(({ path, text }) => findSecrets(text).map((what) => `${path} seems to hold ${what}.`));
  assert.deepEqual(found, []);
});

test('no file names a path of one machine or a registry of its own', () => {
  const found = texts.flatMap(({ path, text }) => findMachineWords(text).map((words) => `${path} names ${words}`));
  assert.deepEqual(found, []);
});

test('package-lock.json fits every registry', () => {
  const fix = 'Run npm install --package-lock-only --omit-lockfile-registry-resolved.';
  assert.doesNotMatch(readRepositoryFile('package-lock.json'), /"resolved":/, fix);
});

test('the checks of this file notice', () => {
  assert.deepEqual(namedFiles('[a](docs/a.png), [b](https://b.example/), [c](d.md#e), `src/f/` and `npm start`'), [
    'docs/a.png',
    'd.md',
    'src/f/',
  ]);
  assert.deepEqual(findSecrets(`REPLICATE_API_TOKEN=r8_${'a'.repeat(37)}`), ['a Replicate token']);
  assert.deepEqual(findSecrets(`M${'a'.repeat(25)}.${'b'.repeat(6)}.${'c'.repeat(38)}`), ['a Discord token']);
  assert.deepEqual(findMachineWords(`in ${OF_ONE_MACHINE[0]}main`), OF_ONE_MACHINE.slice(0, 1));
  assert.deepEqual(findMachineWords(`in src${OF_ONE_MACHINE[0]}main`), []);
  assert.deepEqual(filledSecrets('A_TOKEN=\nB_KEY=abc\n# C_SECRET=abc\nD=1'), ['B_KEY', 'C_SECRET']);
});
