import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageFlags } from 'discord-api-types/v10';
import type { PrivateCard } from '../../src/discord/private-card.ts';
import { renderModelInputs, renderModelList } from '../../src/discord/render-models.ts';
import { failure } from '../../src/jobs/job.ts';
import { en } from '../../src/locales/en.ts';
import type { ModelEntry, ModelInputField } from '../../src/providers/provider.ts';
import { checkMessage, textsOf } from './message-limits.ts';

/** As `finish` sends it; Discord would take it. */
function wordsOf(card: PrivateCard): string {
  assert.deepEqual(checkMessage({ ...card, flags: card.flags & ~MessageFlags.Ephemeral }, []), []);
  return textsOf(card.components);
}

function model(changes: Partial<ModelEntry> = {}): ModelEntry {
  return { name: 'owner/model', kind: 'image', description: 'Draws', isDefault: false, ...changes };
}

function field(changes: Partial<ModelInputField> = {}): ModelInputField {
  return {
    name: 'guidance',
    type: 'number',
    choices: null,
    minimum: 0,
    maximum: 10,
    default: '3.5',
    description: 'How closely to follow the prompt',
    isRequired: false,
    isOwnOption: false,
    ...changes,
  };
}

test('models are listed by service with what they make, the default marked', () => {
  const words = wordsOf(
    renderModelList(
      {
        kind: null,
        search: '',
        lists: [
          {
            provider: 'replicate',
            models: [model({ isDefault: true }), model({ name: 'a/b', kind: null })],
            trouble: null,
          },
          { provider: 'local', models: [], trouble: 'no-models' },
          { provider: 'gemini', models: [], trouble: failure('network', 'retry') },
        ],
      },
      en,
    ),
  );
  assert.match(words, /\*\*Replicate\*\*\n`owner\/model` · pictures · \*\*default\*\*/);
  assert.match(words, /`a\/b`\n/);
  assert.match(words, /\*\*Local preview\*\*\nThere is nothing to choose from/);
  assert.match(words, /\*\*Gemini\*\*\n-# The service could not be reached/);
});

test('a list too long for a message is cut, says how many are left, and leaves room for each service', () => {
  const many = Array.from({ length: 300 }, (_, index) =>
    model({ name: `owner/model-${index}`, description: `${'*_~`<@1>'.repeat(40)} ${index}` }),
  );
  const lists = ['replicate', 'gemini', 'local'].map((provider) => ({ provider, models: many, trouble: null }));
  const words = wordsOf(renderModelList({ kind: 'video', search: '**`x'.repeat(25), lists }, en));
  assert.equal(words.match(/and \d+ more; narrow it down with `search`/g)?.length, 3);
  assert.match(words, /owner\/model-0/);
});

test('nothing found says what to do', () => {
  const lists = [{ provider: 'replicate', models: [], trouble: null }];
  assert.match(
    wordsOf(renderModelList({ kind: null, search: 'zzz', lists }, en)),
    /No model matches\. Search for other/,
  );
});

test('each input tells in a line what it may be, what is needed first', () => {
  const fields = [
    field(),
    field({ name: 'style', type: 'text', choices: ['oil', 'ink'], default: null, isRequired: true, description: '' }),
    field({ name: 'prompt', isOwnOption: true, isRequired: true }),
    field({ name: 'steps', type: 'integer', minimum: null, maximum: null, default: null }),
  ];
  const words = wordsOf(
    renderModelInputs({ provider: 'replicate', inputs: { model: 'a/b', kind: 'video', fields } }, en),
  );
  assert.match(words, /Inputs of `a\/b`\n-# Replicate · videos/);
  const [style, guidance, steps] = ['`style` · **required** · ', '`guidance` · ', '`steps` · '].map((start) =>
    words.indexOf(start),
  );
  assert.ok(style !== undefined && guidance !== undefined && steps !== undefined);
  assert.ok(style >= 0 && style < guidance && guidance < steps);
  assert.match(words.replaceAll(/[\\\u2068\u2069]/g, ''), /`guidance` · 0 to 10 · default 3\.5\n-# How closely/);
  assert.match(words, /\* required\)\*\*\n`prompt`\*/);
});

test('the most inputs that any model has, with the longest words, fit into one message', () => {
  const fields = Array.from({ length: 250 }, (_, index) =>
    field({
      name: `input_${index}_${'x'.repeat(80)}`,
      choices: Array.from({ length: 900 }, (_each, choice) => `**choice** ${choice}`),
      default: '_'.repeat(900),
      description: '*'.repeat(900),
      isOwnOption: index > 100,
      isRequired: index === 240,
    }),
  );
  const inputs = { model: 'a/b', kind: null, fields };
  assert.match(wordsOf(renderModelInputs({ provider: 'replicate', inputs }, en)), /and \d+ more/);
});

test('a model that tells nothing of its inputs, or has none to set, says so', () => {
  const tell = (fields: ModelInputField[]): string =>
    wordsOf(renderModelInputs({ provider: 'replicate', inputs: { model: 'a/b', kind: null, fields } }, en));
  assert.match(tell([]), /does not tell/);
  assert.match(tell([field({ name: 'prompt', isOwnOption: true })]), /no settings beyond/);
});
