/** Which buttons a card carries in which state: the interface's table, in its order. */
import { ButtonStyle, ComponentType, type APIButtonComponentWithCustomId } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import { isFinal } from '../jobs/job.ts';
import { formatCustomId, type CardAction } from './custom-id.ts';
import type { CardContext } from './render.ts';

type Button = APIButtonComponentWithCustomId;

export function buttonsFor(job: Job, context: CardContext): Button[] {
  if (!isFinal(job)) return openButtons(job, context);
  switch (job.state) {
    case 'done':
      return doneButtons(job, context);
    case 'cancelled':
      return [button(job, 'again', context.locale.buttons.again, ButtonStyle.Secondary)];
    default:
      return failedButtons(job, context);
  }
}

function openButtons(job: Job, { locale, updatesEndAt }: CardContext): Button[] {
  const cancel = button(job, 'cancel', locale.buttons.cancel, ButtonStyle.Danger);
  cancel.disabled = job.cancelRequest !== null;
  const refresh = button(job, 'refresh', locale.buttons.refresh, ButtonStyle.Secondary);
  return updatesEndAt === null ? [cancel] : [cancel, refresh];
}

function doneButtons(job: Job, { locale, providers }: CardContext): Button[] {
  const buttons = [
    button(job, 'download', locale.buttons.download, ButtonStyle.Primary),
    button(job, 'again', locale.buttons.again, ButtonStyle.Secondary),
  ];
  const first = job.fallbackFrom;
  if (first !== null && providers.some(({ name }) => name === first)) {
    buttons.push(button(job, 'retry', locale.buttons.retryWith(first), ButtonStyle.Secondary, first));
  }
  return buttons;
}

function failedButtons(job: Job, { locale, providers, fallback }: CardContext): Button[] {
  const isPartial = job.state === 'partial';
  const own = isPartial
    ? button(job, 'download', locale.buttons.download, ButtonStyle.Primary)
    : button(job, 'retry', locale.buttons.retry, ButtonStyle.Primary);
  if (fallback === 'never') return [own];
  const others = providers.filter(({ name }) => name !== job.input.provider);
  // The free one first: it always works.
  others.sort((one, other) => Number(one.isPaid) - Number(other.isPaid));
  // Five buttons fit a row (Discord: components, "Action Row").
  return [own, ...others.map(({ name }) => fallbackButton(job, name, locale.buttons.fallback(name)))].slice(0, 5);
}

function fallbackButton(job: Job, provider: string, label: string): Button {
  return button(job, 'fallback', label, ButtonStyle.Secondary, provider);
}

function button(
  job: Job,
  action: CardAction,
  label: string,
  style: Button['style'],
  argument: string | null = null,
): Button {
  return { type: ComponentType.Button, style, label, custom_id: formatCustomId({ action, jobId: job.id, argument }) };
}
