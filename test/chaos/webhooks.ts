/** Whether what Replicate sent was taken by every process that lived, and nothing that was forged or old. */
import type { SandboxWebhook } from '../../sandbox/interface.ts';
import { WEBHOOK_FAULTS, type MetFault } from './faults.ts';

export interface WebhookResult {
  sent: number;
  heard: number;
  /** Turned away for their signature. */
  refused: number;
  /** While no process listened, or before it knew the secret. */
  unheard: number;
  violations: string[];
}

const HEARD = 200;
const REFUSED = 401;
/** The secret is not known yet: Replicate sends it again. */
const NOT_YET = 503;
const FORGING: readonly string[] = ['bad-signature', 'old'].map((kind) => `${WEBHOOK_FAULTS}${kind}`);
/** Each prediction tells of its start and of its end. */
const EVENTS = 2;

export function checkWebhooks(sent: readonly SandboxWebhook[], faults: readonly MetFault[]): WebhookResult {
  const count = (...statuses: SandboxWebhook['status'][]): number =>
    sent.filter(({ status }) => statuses.includes(status)).length;
  const forged = faults.filter(({ name }) => FORGING.includes(name)).reduce((sum, { times }) => sum + times, 0);
  const refused = count(REFUSED);
  const most = forged * EVENTS;
  const odd = sent.filter(({ status }) => ![HEARD, REFUSED, NOT_YET, 'refused'].includes(status));
  return {
    sent: sent.length,
    heard: count(HEARD),
    refused,
    unheard: count('refused', NOT_YET),
    violations: [
      ...(refused > most ? [`${refused} webhooks were refused, and ${most} at most were forged or old.`] : []),
      ...odd.map(({ id, event, status }) => `webhook ${id} (${event}) was answered with ${status}.`),
    ],
  };
}
