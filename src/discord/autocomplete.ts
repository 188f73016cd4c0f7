/**
 * What is offered while somebody types `model:` or `settings:`, answered from memory alone, or `job:`. Discord waits
 * three seconds, a person less, and the next letter asks again. Empty where nothing is known yet; free text works always.
 */
import type { Kind } from '../jobs/job.ts';
import { formatSetting, readTypedSettings, type TypedSettings } from '../jobs/settings-text.ts';
import type { Locale } from '../locales/locale.ts';
import type { ModelCatalog, ModelInputField, Provider } from '../providers/provider.ts';
import { type Choice, LONGEST_CHOICE, MOST_CHOICES } from './choice.ts';
import { fieldRange } from './field-range.ts';
import type { JobChoices, JobChoicesAsk } from './job-choices.ts';
import { plainText } from './markdown.ts';

export type { Choice } from './choice.ts';

export interface CompletionsOptions {
  providers: ReadonlyMap<string, Provider>;
  defaultProvider: string;
  jobs: JobChoices;
}

/** What a label says of a field beyond its name. */
const DESCRIPTION_SHOWN = 60;
const TRUTHS = ['true', 'false'];

export class Completions {
  readonly #options: CompletionsOptions;

  constructor(options: CompletionsOptions) {
    this.#options = options;
  }

  /** `provider` null: the default one; `any`: all of them, the default first. */
  models({ provider, kind, typed }: { provider: string | null; kind: Kind | null; typed: string }): Choice[] {
    const { providers, defaultProvider } = this.#options;
    const asked = provider === 'any' ? [defaultProvider, ...providers.keys()] : [provider ?? defaultProvider];
    const entries = [...new Set(asked)].flatMap(
      (name) => this.#catalogOf(name)?.knownModels({ kind, search: typed, limit: MOST_CHOICES }) ?? [],
    );
    return entries
      .filter(({ name }) => name.length <= LONGEST_CHOICE)
      .slice(0, MOST_CHOICES)
      .map(({ name, description }) => ({
        name: plainText(description === '' ? name : `${name} – ${description}`, LONGEST_CHOICE),
        value: name,
      }));
  }

  /** Goes on with what is being typed; what stands before it is kept. */
  settings(
    { provider, model, kind, typed }: { provider: string | null; model: string | null; kind: Kind; typed: string },
    locale: Locale,
  ): Choice[] {
    const inputs = this.#catalogOf(provider ?? this.#options.defaultProvider)?.knownInputs(model, kind);
    if (inputs === undefined) return [];
    const text = readTypedSettings(typed);
    const settable = inputs.fields.filter(({ isOwnOption, name }) => !isOwnOption && !text.keys.includes(name));
    const ways = text.value === null ? completeKey(text, settable, locale) : completeValue(text, settable, locale);
    return ways
      .map(({ way, label }) => ({ name: plainText(label, LONGEST_CHOICE), value: `${text.head}${way}` }))
      .filter(({ value }) => value.length <= LONGEST_CHOICE)
      .slice(0, MOST_CHOICES);
  }

  /** The asker's own jobs. Rejects with StoreFailure. */
  jobs(ask: JobChoicesAsk, locale: Locale): Promise<Choice[]> {
    return this.#options.jobs.offer(ask, locale);
  }

  #catalogOf(provider: string): ModelCatalog | null {
    return this.#options.providers.get(provider)?.catalog ?? null;
  }
}

interface Way {
  /** The last part of the text, completed. */
  way: string;
  label: string;
}

/** Names that begin so first, then those that hold it. */
function completeKey({ key }: TypedSettings, fields: readonly ModelInputField[], locale: Locale): Way[] {
  const wanted = key.toLowerCase();
  const rank = ({ name }: ModelInputField): number => (name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return fields
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .toSorted((one, other) => rank(one) - rank(other))
    .map((field) => ({ way: `${field.name}=`, label: keyLabel(field, locale) }));
}

function keyLabel(field: ModelInputField, locale: Locale): string {
  const facts = [fieldRange(field, locale), ...(field.default === null ? [] : [locale.models.default(field.default)])];
  const about = field.description === '' ? '' : ` – ${plainText(field.description, DESCRIPTION_SHOWN)}`;
  return `${field.name}= ${facts.join(', ')}${about}`;
}

/** The values allowed; where any of a range is, what was typed so far, the default and the bounds. */
function completeValue({ key, value }: TypedSettings, fields: readonly ModelInputField[], locale: Locale): Way[] {
  const field = fields.find(({ name }) => name === key);
  if (field === undefined) return [];
  const typed = (value ?? '').toLowerCase();
  return valuesOf(field, value ?? '')
    .filter((each) => each.toLowerCase().startsWith(typed))
    .map((each) => {
      const way = formatSetting(key, each);
      return { way, label: each === field.default ? `${way} (${locale.models.isDefault})` : way };
    });
}

function valuesOf({ choices, type, minimum, maximum, default: preset }: ModelInputField, typed: string): string[] {
  if (choices !== null) return choices.map(String);
  if (type === 'boolean') return TRUTHS;
  const likely = [typed.trim(), preset, ...[minimum, maximum].map((bound) => (bound === null ? null : String(bound)))];
  return [...new Set(likely.filter((each) => each !== null && each !== ''))] as string[];
}
