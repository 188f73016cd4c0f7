/** Which buttons a card carries in which state: the interface's table, in its order. */
import {
  ButtonStyle,
  ComponentType,
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
} from 'discord-api-types/v10';
import type { ErrorCode, Job } from '../jobs/job.ts';
import { isFinal, isOpenItem } from '../jobs/job.ts';
import { formatCustomId, parseCustomId, type CardAction } from './custom-id.ts';
import type { CardContext } from './render.ts';

type Button = APIButtonComponentWithCustomId;

/** Milliseconds. */
const TOLD_PAUSE_MS = 5_000;
/** Buttons of a row (Discord: components, "Action Row"). */
const ROW_LIMIT = 5;
/** Letters of the labels that fit into a card's width on a desktop; Discord would put the last button alone below. */
const ROW_LETTERS = 48;

/** What gets on after a failure where another try would not; elsewhere it is `Retry`. */
const HELPS: Readonly<Partial<Record<ErrorCode, CardAction>>> = {
  AUTH_ERROR: 'fallback',
  QUOTA_EXCEEDED: 'fallback',
  CONTENT_BLOCKED: 'edit',
  VALIDATION_ERROR: 'fallback',
};

/** One row where they fit into it; else what leads to another service begins a row of its own. */
export function buttonRows(job: Job, context: CardContext): APIActionRowComponent<Button>[] {
  const { own, elsewhere, last } = isFinal(job) ? finalButtons(job, context) : openButtons(job, context);
  const together = [...own, ...elsewhere, ...last];
  const letters = together.reduce((sum, { label = '' }) => sum + label.length, 0);
  if (together.length <= ROW_LIMIT && letters <= ROW_LETTERS) return cutIntoRows(together);
  return [...cutIntoRows(own), ...cutIntoRows([...elsewhere, ...last])];
}

function cutIntoRows(buttons: readonly Button[]): APIActionRowComponent<Button>[] {
  const rows: APIActionRowComponent<Button>[] = [];
  for (let start = 0; start < buttons.length; start += ROW_LIMIT) {
    rows.push({ type: ComponentType.ActionRow, components: buttons.slice(start, start + ROW_LIMIT) });
  }
  return rows;
}

/** In the order of a row. */
interface ButtonGroups {
  own: Button[];
  /** To another service. */
  elsewhere: Button[];
  last: Button[];
}

function finalButtons(job: Job, context: CardContext): ButtonGroups {
  const { buttons } = context.locale;
  const edit = button(job, 'edit', buttons.edit);
  const last = [button(job, 'details', buttons.details)];
  switch (job.state) {
    case 'done':
      return {
        own: [...doneButtons(job, context), edit, ...animateButtons(job, context), ...last],
        elsewhere: backButtons(job, context),
        last: [],
      };
    case 'cancelled':
      return { own: [button(job, 'again', buttons.again), edit], elsewhere: [], last };
    case 'partial':
      return {
        own: [download(job, context), button(job, 'retry', buttons.retryFailed)],
        elsewhere: fallbackButtons(job, context),
        last,
      };
    default:
      return highlight(
        { own: [button(job, 'retry', buttons.retry), edit], elsewhere: fallbackButtons(job, context), last },
        job,
      );
  }
}

/** Cancelling destroys nothing (`Again` brings it back), so it does not shout. */
function openButtons(job: Job, context: CardContext): ButtonGroups {
  const { locale, updatesEndAt } = context;
  const cancel = button(job, 'cancel', locale.buttons.cancel);
  cancel.disabled = job.cancelRequest !== null;
  // Nobody needs to wait for a service that is left alone, when another one can.
  const elsewhere = isHeld(job, context) ? fallbackButtons(job, context) : [];
  return {
    own: [cancel],
    elsewhere,
    last: updatesEndAt === null ? [] : [button(job, 'refresh', locale.buttons.refresh)],
  };
}

/** Whether its turn does not come because of trouble that is not its own. */
function isHeld(job: Job, context: CardContext): boolean {
  const isIdle = job.items.filter(isOpenItem).every(({ state }) => state === 'queued' || state === 'waiting');
  return isToldHold(context) && isIdle && job.cancelRequest === null;
}

/** A pause that the service asked for is mostly over before anybody has read of it. */
export function isToldHold({ hold, now }: CardContext): boolean {
  return hold !== null && (hold.reason !== 'rate-limit' || hold.until - now >= TOLD_PAUSE_MS);
}

function doneButtons(job: Job, context: CardContext): Button[] {
  return [download(job, context), button(job, 'again', context.locale.buttons.again)];
}

/** A picture can be made to move, where a service of the bot does so. */
function animateButtons(job: Job, { locale, providers }: CardContext): Button[] {
  const isPossible = job.input.kind === 'image' && providers.some(({ kinds }) => kinds.includes('video'));
  return isPossible ? [button(job, 'animate', locale.buttons.animate)] : [];
}

/** After a fallback: to the provider that failed first. */
function backButtons(job: Job, { locale, providers }: CardContext): Button[] {
  const first = job.fallbackFrom;
  if (first === null || !providers.some(({ name }) => name === first)) return [];
  return [button(job, 'retry', locale.buttons.retryWith(first), ButtonStyle.Secondary, first)];
}

function fallbackButtons(job: Job, { locale, providers, fallback }: CardContext): Button[] {
  if (fallback === 'never') return [];
  const others = providers.filter(
    ({ name, kinds }) =>
      name !== job.input.provider && kinds.includes(job.input.kind) && (name !== 'local' || canBePreviewed(job)),
  );
  // The free one first: it always works.
  others.sort((one, other) => Number(one.isPaid) - Number(other.isPaid));
  return others.map(({ name }) => button(job, 'fallback', locale.buttons.fallback(name), ButtonStyle.Secondary, name));
}

/** Whether a failed card has the button for the free preview. */
export function offersPreview(job: Job, { providers, fallback }: CardContext): boolean {
  const isThere = providers.some(({ name, kinds }) => name === 'local' && kinds.includes(job.input.kind));
  return fallback !== 'never' && job.input.provider !== 'local' && isThere && canBePreviewed(job);
}

/** The local preview of a video is a picture that moves: from words alone there is none. */
export function canBePreviewed({ input, references }: Job): boolean {
  return input.kind === 'image' || references.length > 0;
}

/** The one button that stands out is the one that helps: trying a refused key or prompt again does not. */
function highlight(groups: ButtonGroups, job: Job): ButtonGroups {
  const isRefusedUnasked = job.items.some((item) => item.state === 'failed' && item.failure.reason === 'breaker-open');
  const helping = isRefusedUnasked ? 'fallback' : (HELPS[job.causeCode ?? job.errorCode ?? 'API_ERROR'] ?? 'retry');
  const all = [...groups.own, ...groups.elsewhere];
  const chosen = all.find((each) => parseCustomId(each.custom_id)?.action === helping) ?? all[0];
  const mark = (each: Button): Button => (each === chosen ? { ...each, style: ButtonStyle.Primary } : each);
  return { own: groups.own.map(mark), elsewhere: groups.elsewhere.map(mark), last: groups.last };
}

function download(job: Job, { locale }: CardContext): Button {
  return button(job, 'download', locale.buttons.download, ButtonStyle.Primary);
}

function button(
  job: Job,
  action: CardAction,
  label: string,
  style: Button['style'] = ButtonStyle.Secondary,
  argument: string | null = null,
): Button {
  return { type: ComponentType.Button, style, label, custom_id: formatCustomId({ action, jobId: job.id, argument }) };
}
