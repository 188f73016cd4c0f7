/**
 * What a button carries: `v1:action:jobId[:argument]`. Only names; everything else is read from the saved job,
 * so a button never goes stale and a prompt is never cut to fit Discord's 100 characters.
 */

export type CardAction = 'cancel' | 'retry' | 'fallback' | 'again' | 'download' | 'refresh';

export interface CustomId {
  action: CardAction;
  jobId: string;
  /** The provider of a fallback or of a retry elsewhere; null where there is none. */
  argument: string | null;
}

const ACTIONS: readonly CardAction[] = ['cancel', 'retry', 'fallback', 'again', 'download', 'refresh'];

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
