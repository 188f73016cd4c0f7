/**
 * The log: one JSON object a line on stdout, and in LOG_FILE when set. Secrets are taken out here and
 * nowhere else: whoever logs need not think of them.
 */
import { pino } from 'pino';

export type Fields = Record<string, unknown>;

export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error';
  /** LOG_FILE, or null for stdout alone. */
  file: string | null;
  /** Values that must never be written: tokens and keys. */
  secrets: readonly string[];
}

const REMOVED = '[removed]';
/** Whatever stands under such a name is not for a log, whoever put it there. */
const SECRET_NAME = /^(authorization|token|.*_token|api_?key|secret|password|cookie)$/i;
const DEEPEST = 6;

/** Writes at once, not later: a line is out before the process can end. Rejects nothing; a full disk loses log lines only. */
export function createLog({ level, file, secrets }: LogOptions): Log {
  const known = secrets.filter((secret) => secret !== '');
  const destinations = [pino.destination({ dest: 1, sync: true })];
  if (file !== null) destinations.push(pino.destination({ dest: file, sync: true, mkdir: true, append: true }));
  for (const destination of destinations) destination.on('error', () => undefined);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.multistream(destinations.map((stream) => ({ stream, level }))),
  );
  const write =
    (at: LogOptions['level']) =>
    (message: string, fields: Fields = {}): void => {
      logger[at](clean(fields, known, 0) as Fields, hide(message, known));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** A copy without secrets, whatever they are nested in. */
function clean(value: unknown, secrets: readonly string[], depth: number): unknown {
  if (typeof value === 'string') return hide(value, secrets);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return '[too deep]';
  if (value instanceof Error) return hide(`${value.name}: ${value.message}`, secrets);
  if (Array.isArray(value)) return value.map((inner) => clean(inner, secrets, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_NAME.test(name) ? REMOVED : clean(inner, secrets, depth + 1),
    ]),
  );
}

function hide(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, REMOVED), text);
}
