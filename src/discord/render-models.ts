/** `/models list` and `/models inputs`, drawn. Pure. */
import type { Failure, Kind } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import type { ModelEntry, ModelInputField, ModelInputs } from '../providers/provider.ts';
import { COLOURS } from './colours.ts';
import { fieldRange } from './field-range.ts';
import { quoteLine } from './markdown.ts';
import { privateCard, text, type PrivateCard } from './private-card.ts';
import { describeFailure } from './render.ts';

export interface ProviderModels {
  provider: string;
  models: readonly ModelEntry[];
  trouble: Failure | 'no-models' | 'too-long' | null;
}

export interface ModelListView {
  kind: Kind | null;
  search: string;
  lists: readonly ProviderModels[];
}

/** Discord takes 4000 characters of text in a message; the rest is for what follows the lines. */
const MOST_TEXT = 3_600;
/** A name each, of the inputs that are no settings. */
const MOST_OWN_TEXT = 500;
const DESCRIPTION_SHOWN = 90;
const VALUE_SHOWN = 60;
const RANGE_SHOWN = 120;

export function renderModelList({ kind, search, lists }: ModelListView, locale: Locale): PrivateCard {
  const words = locale.models;
  const filter = [
    ...(kind === null ? [] : [words.kinds[kind]]),
    ...(search === '' ? [] : [words.searched(quoteLine(search, VALUE_SHOWN))]),
  ].join(' · ');
  const room = Math.floor(MOST_TEXT / Math.max(1, lists.filter(({ models }) => models.length > 0).length));
  return privateCard(COLOURS.queued, [
    text(`### ${words.title}${filter === '' ? '' : `\n-# ${filter}`}`),
    ...lists.map((list) => text(listText(list, room - 200, locale))),
    text(`-# ${words.howToUse}`),
  ]);
}

function listText({ provider, models, trouble }: ProviderModels, room: number, locale: Locale): string {
  const words = locale.models;
  const title = `**${locale.providers[provider] ?? provider}**`;
  if (trouble === 'no-models') return `${title}\n${words.nothingToChoose}`;
  const note =
    trouble === null
      ? []
      : [`-# ${trouble === 'too-long' ? words.tooLong : describeFailure(trouble, locale, 'image', { retry: '' })}`];
  if (models.length === 0) return [title, ...(note.length === 0 ? [words.noMatch] : note)].join('\n');
  const lines = models.map((model) => modelLine(model, locale));
  return [title, ...fitLines(lines, room, (left) => `-# ${words.moreModels(left)}`), ...note].join('\n');
}

function modelLine({ name, kind, description, isDefault }: ModelEntry, locale: Locale): string {
  const words = locale.models;
  const facts = [...(kind === null ? [] : [words.kinds[kind]]), ...(isDefault ? [`**${words.isDefault}**`] : [])];
  const about = description === '' ? '' : ` ${quoteLine(description, DESCRIPTION_SHOWN)}`;
  return `\`${name}\`${facts.length === 0 ? '' : ` · ${facts.join(' · ')}`}${about === '' ? '' : `\n-# ${about.trim()}`}`;
}

export function renderModelInputs(
  { provider, inputs }: { provider: string; inputs: ModelInputs },
  locale: Locale,
): PrivateCard {
  const words = locale.models;
  const facts = [locale.providers[provider] ?? provider, ...(inputs.kind === null ? [] : [words.kinds[inputs.kind]])];
  const head = `### ${words.inputsOf} \`${inputs.model.replaceAll('`', "'")}\`\n-# ${facts.join(' · ')}`;
  if (inputs.fields.length === 0) return privateCard(COLOURS.queued, [text(head), text(words.inputsUnknown)]);
  const settable = inputs.fields.filter(({ isOwnOption }) => !isOwnOption);
  const own = inputs.fields.filter(({ isOwnOption }) => isOwnOption);
  const ownNames = fitLines(own.map(shortField), MOST_OWN_TEXT, words.moreInputs).join(' ');
  const ownText = own.length === 0 ? '' : `**${words.ownOptions}**\n${ownNames}`;
  const lines = [...settable.filter(isNeeded), ...settable.filter((field) => !isNeeded(field))].map((field) =>
    fieldLine(field, locale),
  );
  const settingsText = [
    `**${words.settings}**`,
    ...fitLines(lines, MOST_TEXT - ownText.length, (left) => `-# ${words.moreInputs(left)}`),
  ];
  return privateCard(COLOURS.queued, [
    text(head),
    ...(lines.length === 0 ? [text(words.noSettings)] : [text(settingsText.join('\n'))]),
    ...(ownText === '' ? [] : [text(ownText)]),
    ...(lines.length === 0 ? [] : [text(`-# ${words.howToSet}`)]),
  ]);
}

function isNeeded({ isRequired }: ModelInputField): boolean {
  return isRequired;
}

function shortField({ name, isRequired }: ModelInputField): string {
  return isRequired ? `\`${name}\`*` : `\`${name}\``;
}

/** One line of facts, one of what it does. */
function fieldLine(field: ModelInputField, locale: Locale): string {
  const words = locale.models;
  const facts = [
    ...(field.isRequired ? [`**${words.required}**`] : []),
    quoteLine(fieldRange(field, locale), RANGE_SHOWN),
    ...(field.default === null ? [] : [words.default(quoteLine(field.default, VALUE_SHOWN))]),
  ];
  const about = field.description === '' ? '' : `\n-# ${quoteLine(field.description, DESCRIPTION_SHOWN)}`;
  return `\`${field.name}\` · ${facts.join(' · ')}${about}`;
}

/** As many lines as there is room for, and how many are left. */
function fitLines(lines: readonly string[], room: number, more: (left: number) => string): string[] {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > room) break;
    kept.push(line);
  }
  return kept.length === lines.length ? kept : [...kept, more(lines.length - kept.length)];
}
