/**
 * What a component carries: `v1:action:jobId[:argument]`. Only names; everything else is read from the saved job,
 * so a button never goes stale and a prompt is never cut to fit Discord's 100 characters.
 */

/** On a card. */
export type CardAction =
  'cancel' | 'retry' | 'fallback' | 'again' | 'edit' | 'animate' | 'download' | 'details' | 'refresh';
/** In the private answer to `Details`; the argument is the card's message. */
export type DetailsAction = 'delete' | 'delete-now' | 'keep';
export type JobAction = CardAction | DetailsAction;

export interface CustomId {
  action: JobAction;
  jobId: string;
  /** The provider of a fallback or of a retry elsewhere, or the card a private answer is about; null where there is none. */
  argument: string | null;
}

const ACTIONS: readonly JobAction[] = [
  'cancel',
  'retry',
  'fallback',
  'again',
  'edit',
  'animate',
  'download',
  'details',
  'refresh',
  'delete',
  'delete-now',
  'keep',
];

export function formatCustomId({ action, jobId, argument }: CustomId): string {
  return ['v1', action, jobId, ...(argument === null ? [] : [argument])].join(':');
}

/** null for what is not ours, or of a version or an action this one does not know. */
export function parseCustomId(text: string): CustomId | null {
  const [version, name, jobId, argument, ...rest] = text.split(':');
  const action = ACTIONS.find((each) => each === name);
  if (version !== 'v1' || action === undefined || rest.length > 0) return null;
  if (jobId === undefined || jobId === '' || argument === '') return null;
  return { action, jobId, argument: argument ?? null };
}
