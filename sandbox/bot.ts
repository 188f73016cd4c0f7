/** The bot as a process of its own, as `npm start` would run it, but with a known environment. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { BotProcess } from './interface.ts';
import { packageRoot } from './package-root.ts';

export interface BotOptions {
  /** All that the bot sees, plus PATH. */
  env: Record<string, string>;
  /** Where it runs. Default: an empty temporary folder, so that no `.env` is found; it goes when the bot is gone. */
  cwd?: string;
  /** The script to run instead of the compiled bot. */
  entry?: string;
  /** Called with each line as it comes. */
  onLine?: (line: string) => void;
}

/** Older lines are forgotten beyond this many. */
const LINES_KEPT = 20_000;
/** Forgetting moves the whole list, so it is done for many lines at once. */
const LINES_FORGOTTEN_AT_ONCE = 2_000;
/** A bot must end within 10 s of SIGTERM; one that has not after this is killed, which the result then tells. */
const LONGEST_END_MS = 20_000;

/** Starts the bot. It ends when the process that called this ends, however that happens. Throws when no process could be started. */
export function startBot({ env, cwd, entry, onLine }: BotOptions): BotProcess {
  const folder = cwd ?? mkdtempSync(join(tmpdir(), 'darkroom-bot-'));
  const preload = pathToFileURL(join(import.meta.dirname, 'end-with-parent.js')).href;
  const script = entry ?? join(packageRoot, 'dist', 'src', 'index.js');
  const child = spawn(process.execPath, ['--enable-source-maps', '--import', preload, script], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`Expected to start ${script} with ${process.execPath}, got no process.`);
  const lines: string[] = [];
  const addLine = (line: string): void => {
    if (lines.length >= LINES_KEPT) lines.splice(0, LINES_FORGOTTEN_AT_ONCE);
    lines.push(line);
    onLine?.(line);
  };
  createInterface({ input: child.stdout }).on('line', addLine);
  createInterface({ input: child.stderr }).on('line', addLine);
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    // `close` comes after the last line was read; `exit` may come before.
    child.once('close', (code, signal) => {
      if (cwd === undefined) rmSync(folder, { recursive: true, force: true });
      resolve({ code, signal });
    });
  });
  return {
    pid,
    lines,
    exited,
    logs: () => lines.flatMap(parseLog),
    async end(signal) {
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_END_MS);
      return exited.finally(() => clearTimeout(timer));
    },
  };
}

/** The entry of the log that a line is; none for any other line. */
export function parseLog(line: string): Record<string, unknown>[] {
  if (!line.startsWith('{')) return [];
  try {
    const log: unknown = JSON.parse(line);
    return typeof log === 'object' && log !== null ? [{ ...log }] : [];
  } catch {
    // Not a log line after all, for example a brace in a stack trace.
    return [];
  }
}
