/** What a reader should know of what was made: by whom instead, and what is otherwise than asked. And the small line. Pure. */
import type { InputChange, Job } from '../jobs/job.ts';
import { isFinal } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { makerOf, nameItem } from './item-words.ts';
import { plainText, quoteLine } from './markdown.ts';
import { seconds } from './private-card.ts';
import type { CardContext } from './render.ts';

/** Another model, length or start is another result, or another bill, whoever chose it. */
const ALWAYS_TOLD: ReadonlySet<string> = new Set(['model', 'duration', 'image']);
const NAME_SHOWN = 40;
const VALUE_SHOWN = 80;

export function resultLines(job: Job, { locale }: CardContext): string {
  return [...fallbackLines(job, locale), ...changeLines(job, locale)].join('\n');
}

/** Whose work was to be another's; of a set, which of it. */
function fallbackLines(job: Job, locale: Locale): string[] {
  const first = job.fallbackFrom;
  const done = job.items.filter((item) => item.state === 'done');
  const replaced = done.filter((item) => makerOf(item, job) !== first);
  if (first === null || replaced.length === 0) return [];
  const names = replaced.length === job.items.length ? [] : replaced.map(({ name }) => nameItem(name, locale));
  const say = job.input.provider === 'local' ? locale.card.previewInstead : locale.card.fellBackFrom;
  return [say(locale.providers[first] ?? first, { kind: job.input.kind, count: replaced.length, names })];
}

/** Of all items, each once. */
function changeLines(job: Job, { card }: Locale): string[] {
  const changes = job.items.flatMap((item) => (item.state === 'done' ? item.changes : []));
  const asked = changes.filter((change) => isAskedFor(change, job));
  const words = new Set(asked.map((change) => changeWords(change, card)));
  const instead = job.input.model === null ? changes.find(({ field }) => field === 'model') : undefined;
  return [
    ...(instead?.to == null ? [] : [card.madeWith(plainModel(instead.to))]),
    ...(words.size === 0 ? [] : [card.sentOtherwise([...words])]),
  ];
}

/** What the bot chose by itself is nobody's wish; Details tells all. */
function isAskedFor({ field }: InputChange, { input }: Job): boolean {
  const asked = { aspect_ratio: input.aspectRatio, negative_prompt: input.negativePrompt, seed: input.seed };
  // Which model the bot takes where nobody named one is its own affair; the small line names it.
  if (field === 'model' && input.model === null) return false;
  if (ALWAYS_TOLD.has(field) || field in input.settings) return true;
  return Object.entries(asked).some(([name, value]) => name === field && value !== null);
}

function changeWords({ field, from, to }: InputChange, card: Locale['card']): string {
  const [name, asked] = [plainText(field, NAME_SHOWN), plainText(from, VALUE_SHOWN)];
  const own = card.fields[name] ?? name;
  const unit = card.units[name] ?? '';
  if (to === null) return card.leftOut(own, `${asked}${unit}`);
  return card.changedTo(own, `${asked}${unit}`, `${plainText(to, VALUE_SHOWN)}${unit}`);
}

/**
 * What anybody may want to know, small: whose it is (a card made by a button does not say), made with what, from what,
 * how long it took, and the job's id. The rest is in `Details`.
 */
export function footer(job: Job, context: CardContext): string {
  const { locale } = context;
  const { input } = job;
  const makers = listMakers(job);
  const facts = [locale.card.askedBy(job.userId), makers.map((name) => locale.providers[name] ?? name).join(' + ')];
  const sent = job.items.flatMap(({ changes }) => changes);
  const isSwapped = sent.some(({ field }) => field === 'model');
  const made =
    job.state === 'done' || isSwapped ? (job.items.find((item) => item.model !== null)?.model ?? null) : null;
  const model = isSwapped ? made : (input.model ?? made);
  if (model !== null && makers.length === 1 && input.provider !== 'local') facts.push(plainModel(model));
  // What was sent otherwise is told above; here it would be untrue.
  const isOwnShape = sent.every(({ field }) => field !== 'aspect_ratio');
  if (input.aspectRatio !== null && isOwnShape) facts.push(input.aspectRatio);
  const seed = shownSeed(job);
  if (seed !== null) facts.push(locale.card.seed(seed));
  facts.push(...originOf(job, locale));
  if (job.state === 'done' && job.finishedAt !== null && job.startedAt !== null) {
    facts.push(locale.card.took(((job.finishedAt - job.startedAt) / 1_000).toFixed(1)));
  }
  facts.push(locale.card.job(job.id));
  const lines = [facts.join(' · ')];
  if (context.updatesEndAt !== null && !isFinal(job)) lines.push(locale.card.updatesEnd(seconds(context.updatesEndAt)));
  return lines.map((line) => `-# ${line}`).join('\n');
}

/** Who made what there is, and who is to make the rest. */
function listMakers(job: Job): string[] {
  const makers = job.items.map((item) => (item.carriedFrom === null ? job.input.provider : makerOf(item, job)));
  return [...new Set(makers)];
}

/** What it starts from; empty where it starts from words alone. */
export function originOf({ references }: Job, { card }: Locale): string[] {
  const given = references.filter(({ fromJobId }) => fromJobId === null);
  const jobs = new Set(references.map(({ fromJobId }) => fromJobId).filter((id) => id !== null));
  const isFirstFrame = given.some((reference) => reference.state === 'kept' && reference.picture.isFirstFrame);
  return [
    ...(given.length === 0 ? [] : [card.fromGiven({ pictures: given.length, isFirstFrame })]),
    ...[...jobs].map(card.fromJob),
  ];
}

/** The one that was asked for, or that a retry took in its place; null where the service takes none. */
function shownSeed({ state, input, items }: Job): number | null {
  const [item] = items;
  if (input.seed === null || item?.changes.some(({ field }) => field === 'seed') === true) return null;
  return state === 'done' ? (item?.seed ?? input.seed) : input.seed;
}

/** Without its owner and its version, which `Details` tells; inert, since a user may have typed it. */
function plainModel(model: string): string {
  const [name = model] = (model.split('/').at(-1) ?? model).split(':');
  return quoteLine(name, 60);
}
