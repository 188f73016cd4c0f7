import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Choice, Completions } from '../../src/discord/autocomplete.ts';
import { JobChoices } from '../../src/discord/job-choices.ts';
import { systemClock } from '../../src/jobs/clock.ts';
import { parseSettings } from '../../src/jobs/settings-text.ts';
import { en } from '../../src/locales/en.ts';
import type { ModelCatalog, ModelEntry, ModelInputField, Provider } from '../../src/providers/provider.ts';
import { createLocalProvider } from '../../src/providers/local/local-provider.ts';

const NO_BOUNDS = { choices: null, minimum: null, maximum: null, default: null } as const;
const PLAIN = { ...NO_BOUNDS, description: '', isRequired: false, isOwnOption: false };
const FIELDS: ModelInputField[] = [
  { ...PLAIN, name: 'prompt', type: 'text', isOwnOption: true },
  { ...PLAIN, name: 'steps', type: 'integer', minimum: 1, maximum: 50, default: '28', description: '**Steps**\nof it' },
  { ...PLAIN, name: 'style', type: 'text', choices: ['oil, on canvas', 'a "word"', 'ink'] },
  { ...PLAIN, name: 'guidance_steps', type: 'number', minimum: 0 },
  { ...PLAIN, name: 'free', type: 'text' },
];

const NO_JOBS = new JobChoices({
  listOpen: () => [],
  store: { get: () => Promise.resolve(undefined), getMany: () => Promise.resolve([]) },
  history: { list: () => Promise.resolve({ entries: [], next: null }) },
  clock: systemClock,
});

/** A service that knows these models, and these inputs of each. */
function createCompletions(models: ModelEntry[], fields: ModelInputField[] | null = FIELDS): Completions {
  const catalog: ModelCatalog = {
    knownModels: ({ limit }) => models.slice(0, limit),
    knownInputs: (model) => (fields === null ? undefined : { model: model ?? 'the/default', kind: 'image', fields }),
    listModels: () => Promise.reject(new Error('completion waits for nobody')),
    describeInputs: () => Promise.reject(new Error('completion waits for nobody')),
    warm: () => Promise.reject(new Error('completion waits for nobody')),
  };
  const local = createLocalProvider();
  const service: Provider = Object.assign(Object.create(local) as Provider, { name: 'service', catalog });
  return new Completions({
    providers: new Map([
      ['service', service],
      ['local', local],
    ]),
    defaultProvider: 'service',
    jobs: NO_JOBS,
  });
}

function settingsFor(typed: string, fields: ModelInputField[] | null = FIELDS): Choice[] {
  return createCompletions([], fields).settings({ provider: null, model: null, kind: 'image', typed }, en);
}

function valuesFor(typed: string): string[] {
  return settingsFor(typed).map(({ value }) => value);
}

function entry(name: string, description = ''): ModelEntry {
  return { name, kind: 'image', description, isDefault: false };
}

test("what is offered stays within Discord's limits, however long the service's words are", () => {
  const models = Array.from({ length: 40 }, (_, index) => entry(`a/${index}`, 'é🎨'.repeat(200)));
  const completions = createCompletions([entry(`a/${'x'.repeat(120)}`), ...models]);
  const offered = completions.models({ provider: 'any', kind: null, typed: '' });
  assert.ok(offered.length > 20 && offered.length <= 25);
  for (const { name, value } of offered) assert.ok(name.length <= 100 && value.length <= 100);
  const fields = Array.from({ length: 60 }, (_, index) => ({ ...PLAIN, name: `f${index}`, type: 'text' as const }));
  assert.equal(settingsFor('', fields).length, 25);
});

test('a provider without models, one that is not set up, and inputs nobody knows yet offer nothing', () => {
  const completions = createCompletions([entry('a/b')]);
  assert.equal(completions.models({ provider: null, kind: 'image', typed: '' }).length, 1);
  assert.deepEqual(completions.models({ provider: 'local', kind: 'image', typed: '' }), []);
  assert.deepEqual(completions.models({ provider: 'gemini', kind: 'image', typed: '' }), []);
  assert.deepEqual(settingsFor('st', null), []);
});

test('names that begin with what is typed come before those that hold it; what has an option of its own does not come', () => {
  assert.deepEqual(valuesFor('ste'), ['steps=', 'guidance_steps=']);
  assert.deepEqual(valuesFor(''), ['steps=', 'style=', 'guidance_steps=', 'free=']);
  assert.deepEqual(valuesFor('prom'), []);
  assert.equal(settingsFor('ste')[0]?.name, 'steps= 1 to 50, default 28 – **Steps** of it');
});

test('what was typed before is kept as it is, and not offered again', () => {
  assert.deepEqual(valuesFor('free=1 ,  ste'), ['free=1 ,  steps=', 'free=1 ,  guidance_steps=']);
  assert.deepEqual(valuesFor('steps=3, ste'), ['steps=3, guidance_steps=']);
});

test('values are offered in a form that can be read again', () => {
  for (const value of valuesFor('style=')) {
    const parsed = parseSettings(value);
    assert.ok(parsed.problem === null && FIELDS[2]?.choices?.includes(parsed.settings['style'] ?? ''), value);
  }
  assert.deepEqual(valuesFor('style="oil'), ['style="oil, on canvas"']);
  assert.deepEqual(valuesFor('STYLE=ink'), [], 'another name is another input');
});

test('of a range the typed value, the default and the bounds are offered', () => {
  assert.deepEqual(valuesFor('steps='), ['steps=28', 'steps=1', 'steps=50']);
  assert.equal(settingsFor('steps=')[0]?.name, 'steps=28 (default)');
  assert.deepEqual(valuesFor('steps=2'), ['steps=2', 'steps=28']);
  assert.deepEqual(valuesFor('free='), []);
});

test('a text longer than Discord lets a choice be is left to be typed', () => {
  assert.deepEqual(valuesFor(`free="${'x'.repeat(95)}", ste`), []);
});
