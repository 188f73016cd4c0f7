/** A place in a scope's history as letters and digits: the page in base 36, then two digits for the slot. */
import { PAGE_SIZE } from './history-record.ts';

const CURSOR = /^([0-9a-z]{1,9})([0-9a-z]{2})$/;

export interface Place {
  page: number;
  slot: number;
}

export function formatCursor({ page, slot }: Place): string {
  return `${page.toString(36)}${slot.toString(36).padStart(2, '0')}`;
}

/** undefined for null and for what `formatCursor` never gave. */
export function parseCursor(cursor: string | null): Place | undefined {
  const parts = cursor === null ? null : CURSOR.exec(cursor);
  if (parts === null) return undefined;
  const place = { page: Number.parseInt(parts[1] ?? '', 36), slot: Number.parseInt(parts[2] ?? '', 36) };
  return place.slot < PAGE_SIZE && formatCursor(place) === cursor ? place : undefined;
}
