/**
 * The rule book: who may import what. A newcomer reads LAYERS and PACKAGES; the rest checks them.
 *
 * A path may hold `*` (anything in one folder) and `**` (anything below).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCycles, packageOf, readImports, type Source } from './imports.ts';
import { readSources } from './repository-files.ts';

interface Layer {
  files: string[];
  mayImport: string[];
  /** Only as `import type`. */
  mayImportTypes?: string[];
  because: string;
}

/** What is drawn, and what a drawing is made of. */
const PURE_DRAWING = [
  'src/discord/render.ts',
  'src/discord/render-again.ts',
  'src/discord/attempt-lines.ts',
  'src/discord/card-lines.ts',
  'src/discord/failure-words.ts',
  'src/discord/item-words.ts',
  'src/discord/result-lines.ts',
  'src/discord/render-details.ts',
  'src/discord/render-draft.ts',
  'src/discord/draft-id.ts',
  'src/discord/render-gallery.ts',
  'src/discord/render-help.ts',
  'src/discord/render-lists.ts',
  'src/discord/render-models.ts',
  'src/discord/field-range.ts',
  'src/discord/render-removed.ts',
  'src/discord/render-undelivered.ts',
  'src/discord/private-card.ts',
  'src/discord/colours.ts',
  'src/discord/cost-line.ts',
  'src/discord/card-buttons.ts',
  'src/discord/edit-form.ts',
  'src/discord/custom-id.ts',
  'src/discord/list-id.ts',
  'src/discord/gallery-id.ts',
  'src/discord/notice.ts',
  'src/discord/file-name.ts',
  'src/discord/shown-files.ts',
  'src/discord/markdown.ts',
];

/** The first layer that names a file is its layer. A file that none names is an error: give it a place here. */
const LAYERS: Layer[] = [
  {
    files: ['src/jobs/job.ts'],
    mayImport: [],
    because: 'everything else stands on the states of a job',
  },
  {
    files: ['src/jobs/*'],
    mayImport: ['src/jobs/*', 'src/providers/provider.ts', 'node:events', 'node:timers/promises'],
    because: 'the heart knows neither Discord, nor a vendor, nor the store; what it needs of them are its ports',
  },
  {
    files: ['src/providers/provider.ts'],
    mayImport: ['src/jobs/job.ts'],
    because: 'the seam is the same for every vendor',
  },
  {
    files: ['src/providers/*'],
    mayImport: ['src/jobs/job.ts', 'src/pictures/measure.ts', 'src/providers/*', 'node:*', 'node:*/*'],
    because: 'what providers share (fetching a file) knows none of them',
  },
  {
    files: ['src/pictures/*'],
    mayImport: ['src/pictures/*', 'src/jobs/at-once.ts', 'src/jobs/job.ts', 'src/jobs/ports.ts', 'node:*', 'node:*/*'],
    because: 'what is done to a picture depends on its bytes alone',
  },
  {
    files: ['src/providers/local/**'],
    mayImport: ['src/jobs/job.ts', 'src/pictures/*', 'src/providers/*', 'src/providers/local/**', 'node:*', 'node:*/*'],
    because: 'a provider turns vendor talk into ours and knows no other provider',
  },
  {
    files: ['src/providers/replicate/**'],
    mayImport: ['src/jobs/job.ts', 'src/providers/*', 'src/providers/replicate/**', 'node:*', 'node:*/*'],
    because: 'a provider turns vendor talk into ours and knows no other provider',
  },
  {
    files: ['src/providers/gemini/**'],
    mayImport: ['src/jobs/job.ts', 'src/providers/*', 'src/providers/gemini/**', 'node:*', 'node:*/*'],
    because: 'a provider turns vendor talk into ours and knows no other provider',
  },
  {
    files: ['src/store/*'],
    mayImport: ['src/store/*', 'src/jobs/at-once.ts', 'src/jobs/job.ts', 'src/jobs/ports.ts', 'node:*', 'node:*/*'],
    mayImportTypes: ['src/discord/card.ts', 'src/discord/draft.ts'],
    because: 'the store implements the ports of jobs and cards, and decides nothing',
  },
  {
    files: PURE_DRAWING,
    mayImport: ['src/jobs/job.ts', 'src/jobs/prices.ts', 'src/jobs/variations.ts', 'src/locales/*', ...PURE_DRAWING],
    mayImportTypes: ['src/providers/provider.ts', 'src/discord/draft.ts'],
    because: 'a card is drawn purely, from the saved job and nothing else',
  },
  {
    files: ['src/discord/*'],
    mayImport: ['src/discord/*', 'src/jobs/*', 'src/locales/*', 'node:*', 'node:*/*'],
    mayImportTypes: ['src/providers/provider.ts'],
    because: 'the edge to Discord reaches records through ports and knows no vendor',
  },
  {
    files: ['src/http/*'],
    mayImport: ['src/http/*', 'src/jobs/ports.ts', 'node:*', 'node:*/*'],
    because: 'what comes in over HTTP is checked and handed on, and whoever was given decides',
  },
  {
    files: ['src/locales/*'],
    mayImport: ['src/locales/*'],
    mayImportTypes: ['src/jobs/job.ts'],
    because: 'sentences are words only',
  },
  {
    files: ['src/config.ts', 'src/log.ts'],
    mayImport: ['src/config.ts', 'node:*', 'node:*/*'],
    because: 'settings and log are needed before any part is built',
  },
  {
    files: ['src/index.ts', 'src/wiring/*'],
    mayImport: ['src/**', 'commands/index.ts', 'node:*', 'node:*/*'],
    because: 'it is the only wiring, and alone reads the list of commands',
  },
  {
    files: ['commands/*'],
    mayImport: ['commands/*', 'src/jobs/*', 'src/locales/*'],
    mayImportTypes: ['src/discord/command.ts', 'src/discord/ask.ts'],
    because: 'a command says what it asks for; it knows no store and no vendor',
  },
  {
    files: ['sandbox/page/**'],
    mayImport: ['sandbox/page/**'],
    mayImportTypes: ['sandbox/interface.ts'],
    because: 'the page runs in a browser',
  },
  {
    files: ['sandbox/**'],
    mayImport: ['sandbox/**', 'node:*', 'node:*/*'],
    because:
      'the sandbox stands for Discord and the vendors, which do not know the bot: a mistake shared by both would hide',
  },
  {
    files: ['test/**'],
    mayImport: ['src/**', 'commands/**', 'sandbox/**', 'test/**', 'node:*', 'node:*/*'],
    because: 'tests may look everywhere',
  },
];

/** Where the bot imports each outside package. One place each, so that replacing it stays one change. */
const PACKAGES: Record<string, string[]> = {
  'discord.js': ['src/discord/*'],
  // Discord's own words for its messages; no code but enums.
  'discord-api-types': ['src/discord/*', 'commands/*'],
  keyv: ['src/store/*'],
  '@keyv/sqlite': ['src/store/*'],
  zod: ['src/store/*'],
  'p-queue': ['src/jobs/lanes.ts'],
  replicate: ['src/providers/replicate/**'],
  ajv: ['src/providers/replicate/**'],
  '@google/genai': ['src/providers/gemini/**'],
  '@napi-rs/canvas': ['src/providers/local/**'],
  'file-type': ['src/providers/*', 'src/pictures/*'],
  'image-size': ['src/pictures/sides.ts'],
  sharp: ['src/pictures/decoder.ts'],
  fflate: ['src/discord/zip.ts'],
  pino: ['src/log.ts'],
  fastify: ['src/http/server.ts'],
};

const VAGUE_NAMES = ['util', 'utils', 'helper', 'helpers', 'manager', 'managers', 'common', 'misc'];

const isOfBot = (path: string): boolean => /^(?:src|commands)\//.test(path);

function matchesAny(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => globToRegExp(pattern).test(path));
}

function globToRegExp(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll(/\*+/g, (stars) => (stars === '**' ? '.*' : '[^/]*'))}$`);
}

/** Each import that breaks LAYERS or PACKAGES, as a sentence. */
function checkImports(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const layer = LAYERS.find(({ files }) => matchesAny(source.path, files));
    if (layer === undefined)
      return [`${source.path} is in no layer: give it a place in LAYERS of test/architecture.test.ts.`];
    return readImports(source).flatMap(({ target, typeOnly }) => {
      const packageName = packageOf(target);
      if (packageName !== null) return checkPackage(source.path, packageName);
      if (matchesAny(target, layer.mayImport)) return [];
      if (matchesAny(target, layer.mayImportTypes ?? [])) {
        return typeOnly
          ? []
          : [`${source.path} may import types alone from ${target} (import type): ${layer.because}.`];
      }
      return [`${source.path} imports ${target}, but may import ${listOf(layer)}: ${layer.because}.`];
    });
  });
}

function listOf({ mayImport, mayImportTypes = [] }: Layer): string {
  const all = [...mayImport, ...mayImportTypes.map((path) => `types of ${path}`)];
  return all.length === 0 ? 'nothing' : `only ${all.join(', ')}`;
}

function checkPackage(path: string, packageName: string): string[] {
  if (!isOfBot(path)) return [];
  const places = PACKAGES[packageName];
  if (places === undefined) {
    return [`${path} imports ${packageName}, which has no place in PACKAGES of test/architecture.test.ts.`];
  }
  return matchesAny(path, places)
    ? []
    : [`${path} imports ${packageName}, which belongs to ${places.join(', ')} alone.`];
}

function checkEnvironment(sources: readonly Source[]): string[] {
  return sources
    .filter(
      ({ path, text }) => isOfBot(path) && path !== 'src/config.ts' && /\bprocess\??\.env\b|node:process/.test(text),
    )
    .map(({ path }) => `${path} reads the environment; only src/config.ts does, and passes on what is needed.`);
}

function checkMocks(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const imported = new Set(readImports(source).flatMap(({ names }) => names));
    const mocked = [...source.text.matchAll(/\bmock\.method\(\s*(\w+)/g)].map(([, name = '']) => name);
    return [
      ...(/\bmock\.module\(/.test(source.text)
        ? [`${source.path} mocks a module; pass a part of its own instead.`]
        : []),
      ...mocked
        .filter((name) => imported.has(name))
        .map(
          (name) => `${source.path} replaces a method of ${name}, which it imported; pass a part of its own instead.`,
        ),
    ];
  });
}

function checkNames(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const names = path.split('/');
    const isKebab = names.every((name) => /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.d)?(?:\.[a-z]+)?$/.test(name));
    const vague = names.flatMap((name) => name.split(/[-.]/)).find((word) => VAGUE_NAMES.includes(word));
    return [
      ...(isKebab ? [] : [`${path} is not in kebab-case.`]),
      ...(vague === undefined ? [] : [`${path}: "${vague}" says nothing; name it after what it does.`]),
    ];
  });
}

const sources = readSources();

test('each file imports only what its layer may', () => {
  assert.deepEqual(checkImports(sources), []);
});

test('only src/config.ts reads the environment', () => {
  assert.deepEqual(checkEnvironment(sources), []);
});

test('no files import one another in a circle', () => {
  assert.deepEqual(findCycles(sources), []);
});

test('no test mocks a module', () => {
  assert.deepEqual(checkMocks(sources), []);
});

test('files have plain names in kebab-case', () => {
  assert.deepEqual(checkNames(sources.map(({ path }) => path)), []);
});

test('every place in the rule book exists', () => {
  const paths = sources.map(({ path }) => path);
  const patterns = [...LAYERS.flatMap(({ files }) => files), ...Object.values(PACKAGES).flat()];
  const unused = patterns.filter((pattern) => !paths.some((path) => globToRegExp(pattern).test(path)));
  const imported = new Set(
    sources
      .filter(({ path }) => isOfBot(path))
      .flatMap(readImports)
      .map(({ target }) => packageOf(target)),
  );
  assert.deepEqual(unused, []);
  assert.deepEqual(
    Object.keys(PACKAGES).filter((name) => !imported.has(name)),
    [],
  );
});

test('the rule book notices', async (t) => {
  const broken: [what: string, path: string, text: string, says: RegExp][] = [
    [
      'a job that imports its neighbour',
      'src/jobs/job.ts',
      "import type { Clock } from './ports.ts';",
      /may import nothing: /,
    ],
    [
      'an engine that knows Discord',
      'src/jobs/engine.ts',
      "import type { Card } from '../discord/card.ts';",
      /imports src\/discord\/card\.ts/,
    ],
    [
      'p-queue outside the lanes',
      'src/jobs/engine.ts',
      "import PQueue from 'p-queue';",
      /belongs to src\/jobs\/lanes\.ts alone/,
    ],
    [
      'a provider that knows another',
      'src/providers/local/a.ts',
      "export * from '../replicate/b.ts';",
      /knows no other provider/,
    ],
    [
      'a vendor in the edge',
      'src/discord/buttons.ts',
      "import Replicate from 'replicate';",
      /belongs to src\/providers\/replicate/,
    ],
    [
      'a renderer that reaches the store',
      'src/discord/render.ts',
      "import { open } from '../store/database.ts';",
      /drawn purely/,
    ],
    [
      'values where types alone are allowed',
      'src/store/card-store.ts',
      "import { Card } from '../discord/card.ts';",
      /import type/,
    ],
    [
      'a command that knows the store',
      'commands/generate.ts',
      "import { open } from '../src/store/database.ts';",
      /no store/,
    ],
    [
      'commands imported outside the wiring',
      'src/discord/router.ts',
      "import { commands } from '../../commands/index.ts';",
      /imports commands/,
    ],
    [
      'the sandbox in the bot',
      'src/index.ts',
      "const late = await import('../sandbox/sandbox.ts');",
      /imports sandbox\/sandbox\.ts/,
    ],
    [
      'an import over several lines',
      'src/config.ts',
      "import {\n  type A,\n  b,\n} from './log.ts';",
      /imports src\/log\.ts/,
    ],
    ['an import for its effect', 'src/config.ts', "import './log.ts';", /imports src\/log\.ts/],
    [
      'a package nobody named',
      'src/log.ts',
      "import chalk from '@scope/chalk/deep';",
      /@scope\/chalk, which has no place/,
    ],
    ['a file without a layer', 'src/metrics/server.ts', '', /in no layer/],
  ];
  for (const [what, path, text, says] of broken) {
    await t.test(what, () => {
      const [first = '', ...others] = checkImports([{ path, text }]);
      assert.match(first, says);
      assert.ok(first.startsWith(path), 'the sentence names the file');
      assert.deepEqual(others, []);
    });
  }

  await t.test('a second reader of the environment', () => {
    const text = 'const token = process.env.TOKEN;';
    assert.equal(checkEnvironment([{ path: 'src/log.ts', text }]).length, 1);
    assert.equal(checkEnvironment([{ path: 'src/config.ts', text }]).length, 0);
  });

  await t.test('a circle of values, and lets one of types pass', () => {
    const c = { path: 'src/c.ts', text: "import { a } from './a.ts';" };
    const b = { path: 'src/b.ts', text: "export { c } from './c.ts';" };
    assert.deepEqual(findCycles([{ path: 'src/a.ts', text: "import { b } from './b.ts';" }, b, c]), [
      'src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts',
    ]);
    assert.deepEqual(findCycles([{ path: 'src/a.ts', text: "import type { b } from './b.ts';" }, b, c]), []);
  });

  await t.test('mocks of modules and of what was imported, and lets those of own parts pass', () => {
    const path = 'test/a.test.ts';
    const mocking = ['t', 'mock', 'method(fs, "open")'].join('.');
    assert.equal(checkMocks([{ path, text: ['mock', 'module("x")'].join('.') }]).length, 1);
    assert.equal(checkMocks([{ path, text: `import * as fs from 'node:fs';\n${mocking}` }]).length, 1);
    assert.equal(checkMocks([{ path, text: `const fs = {};\n${mocking}` }]).length, 0);
  });

  await t.test('vague and foreign names', () => {
    assert.equal(checkNames(['src/jobs/job-utils.ts']).length, 1);
    assert.equal(checkNames(['src/helpers/text.ts']).length, 1);
    assert.equal(checkNames(['src/jobs/jobManager.ts', 'src/jobs/retry_policy.ts']).length, 2);
    assert.deepEqual(checkNames(['test/end-to-end/kill.test.ts', 'sandbox/discord/discord-api-spec.d.ts']), []);
  });

  await t.test('no import in a comment or in a sentence', () => {
    const text = "/**\n * import x from 'a';\n */\n// import('b')\nconst said = \"export it from 'c'\";";
    assert.deepEqual(readImports({ path: 'src/a.ts', text }), []);
  });
});
