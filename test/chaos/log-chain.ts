/**
 * Whether the moves that all processes logged are legal and connected.
 *
 * A line is written after its move is saved, so a kill between the two loses the line, never the move. The next move
 * of an item waits for the line of the one before, so each life can lose one line of an item at most, its last.
 * Between two lines of an item as many moves may therefore be missing as lives ended between them, and each
 * missing one must be legal.
 */
import { type Item, type ItemState, MOVES } from '../../src/jobs/job.ts';
import type { LogLine } from './lives.ts';

export interface ChainResult {
  /** Lines that tell a move. */
  moves: number;
  /** Moves without a line. */
  lost: number;
  violations: string[];
}

interface LoggedMove {
  life: number;
  from: ItemState | null;
  to: ItemState;
}

export interface ChainRecords {
  /** By `jobId:name`, as they are saved at the end: those that were to be made. */
  items: ReadonlyMap<string, Item>;
  /** Ids of jobs that are gone. */
  removed: readonly string[];
  /** How many processes there were. */
  lives: number;
}

/** A job that went on with a set and was never seen is removed (`Engine.discard`): nothing of it may have begun. */
const UNBEGUN: ReadonlySet<ItemState> = new Set<ItemState>(['queued', 'cancelled']);

export function checkChains(lines: readonly LogLine[], { items, removed, lives }: ChainRecords): ChainResult {
  const result: ChainResult = { moves: 0, lost: 0, violations: [] };
  const chains = new Map<string, LoggedMove[]>();
  for (const line of lines) {
    const move = readMove(line);
    if (move === null) continue;
    result.moves += 1;
    const key = `${String(line.fields['jobId'])}:${String(line.fields['item'])}`;
    chains.set(key, [...(chains.get(key) ?? []), move]);
  }
  for (const [key, item] of items) checkChain(key, [...(chains.get(key) ?? [])], item, lives, result);
  for (const [key, chain] of chains) {
    const isUnseen = removed.includes(key.split(':')[0] ?? '') && chain.every(({ to }) => UNBEGUN.has(to));
    if (!items.has(key) && !isUnseen) result.violations.push(`${key} was logged and is nothing that was to be made.`);
  }
  return result;
}

function checkChain(key: string, chain: readonly LoggedMove[], item: Item, lives: number, result: ChainResult): void {
  // Before the first line stands nothing, and behind the last one the record.
  let [life, state]: [number, ItemState | null] = [1, null];
  for (const move of [...chain, { life: lives, from: item.state, to: null }]) {
    const missing = countMissing(state, move.from);
    const mostLost = move.life - life;
    if (missing > mostLost) {
      const lines = mostLost === 0 ? 'no line can be lost there' : `${mostLost} lines may be lost there`;
      result.violations.push(`${key} went from ${state} to ${move.from} (life ${life} to ${move.life}): ${lines}.`);
    } else result.lost += missing;
    if (move.to === null) return;
    const isLegal = move.from === null || (MOVES[move.from].includes(move.to) && move.from !== move.to);
    if (!isLegal) result.violations.push(`${key} moved from ${move.from} to ${move.to}, which is no legal move.`);
    [life, state] = [move.life, move.to];
  }
}

/** The least number of legal moves from one state to another; null is the time before the job. */
function countMissing(from: ItemState | null, to: ItemState | null): number {
  if (from === to) return 0;
  if (to === null) return Infinity;
  const steps = new Map<ItemState | null, number>([[from, 0]]);
  for (const [state, distance] of steps) {
    for (const next of state === null ? (['queued'] as const) : MOVES[state]) {
      if (next === to) return distance + 1;
      if (!steps.has(next)) steps.set(next, distance + 1);
    }
  }
  return Infinity;
}

function readMove({ life, fields }: LogLine): LoggedMove | null {
  const { from, to, jobId, item } = fields;
  if (typeof jobId !== 'string' || typeof item !== 'string') return null;
  if (!isState(to) || !(from === null || isState(from))) return null;
  return { life, from, to };
}

function isState(value: unknown): value is ItemState {
  return typeof value === 'string' && value in MOVES;
}
