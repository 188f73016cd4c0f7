/** What the select or the form of a draft carries: `v1:draft:id`. Everything else is read from the saved draft. */

/** Job ids are shorter; one may begin so all the same. */
export const DRAFT_PREFIX = 'draft';
const DRAFT_ID = /^draft[a-z0-9]{12}$/;

/** `derived`: 12 letters and digits that follow from the interaction. */
export function createDraftId(derived: string): string {
  return `${DRAFT_PREFIX}${derived}`;
}

export function isDraftId(text: string): boolean {
  return DRAFT_ID.test(text);
}

export function formatDraftId(id: string): string {
  return `v1:draft:${id}`;
}

/** null for what is not ours, or of a version this one does not know. */
export function parseDraftId(text: string): string | null {
  const [version, name, id = '', ...rest] = text.split(':');
  return version === 'v1' && name === 'draft' && rest.length === 0 && DRAFT_ID.test(id) ? id : null;
}
