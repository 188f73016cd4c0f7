/** One tick a second for everything on the page that shows how long ago something was. */
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

/** How far the sandbox's clock is ahead of this machine's, in milliseconds. */
export const ClockOffset = createContext(0);

const listeners = new Set<() => void>();
let timer: number | undefined;

/** The sandbox's time in milliseconds, new every second. */
export function useNow(): number {
  const offsetMs = useContext(ClockOffset);
  const [, redraw] = useState(0);
  useEffect(() => {
    const tick = (): void => redraw((count) => count + 1);
    listeners.add(tick);
    timer ??= window.setInterval(() => listeners.forEach((listener) => listener()), 1_000);
    return () => {
      listeners.delete(tick);
      if (listeners.size > 0) return;
      window.clearInterval(timer);
      timer = undefined;
    };
  }, []);
  return Date.now() + offsetMs;
}

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/** `in 4 seconds`, `2 minutes ago`, in the largest unit that fits. */
export function formatRelative(seconds: number, now: number): string {
  const distance = Math.round(seconds - now / 1000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(distance) >= length) ?? ['second', 1];
  return relative.format(Math.trunc(distance / size), unit);
}

const STYLES: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
};

/** A Discord timestamp style other than R; an unknown style reads as `f`, as on Discord. */
export function formatTime(seconds: number, style: string): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return 'Invalid date';
  return new Intl.DateTimeFormat('en', STYLES[style] ?? STYLES['f']).format(date);
}

/** A message's time: today the time alone, before that with the day. */
export function formatMessageTime(iso: string, now: number): string {
  const date = new Date(iso);
  const time = new Intl.DateTimeFormat('en', { timeStyle: 'short' }).format(date);
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${new Intl.DateTimeFormat('en', { dateStyle: 'short' }).format(date)}, ${time}`;
}
