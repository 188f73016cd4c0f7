/**
 * The log: one JSON object a line on stdout, and in LOG_FILE when set. Secrets are taken out here and
 * nowhere else: whoever logs need not think of them.
 */
import { pino } from 'pino';
import { ConfigError } from './config.ts';

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
const SECRET_NAME = /(authorization|token|api_?key|secret|password|cookie)$|^(negative)?_?prompt$/i;
/** Discord's interaction tokens stand in paths; the signature of a signed address stands in its query. */
const SECRETS_IN_ADDRESSES: readonly [RegExp, string][] = [
  [/\/(webhooks|interactions)\/(\d+)\/[\w.~%-]+/g, `/$1/$2/${REMOVED}`],
  [
    /(\bhttps?:\/\/[^\s?"']+)\?[^\s"']*\b(?:hm|sig|signature|token|key|x-(?:amz|goog)-signature)=[^\s"']*/gi,
    `$1?${REMOVED}`,
  ],
];
const DEEPEST = 6;

/**
 * Writes at once, not later: a line is out before the process can end. A full disk or a closed stdout
 * loses log lines only. Throws ConfigError when LOG_FILE cannot be opened.
 */
export function createLog({ level, file, secrets }: LogOptions): Log {
  const known = secrets.filter((secret) => secret !== '');
  const destinations = [pino.destination({ dest: 1, sync: true })];
  if (file !== null) destinations.push(openFile(file));
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

function openFile(file: string): ReturnType<typeof pino.destination> {
  try {
    return pino.destination({ dest: file, sync: true, mkdir: true, append: true });
  } catch {
    throw new ConfigError(`LOG_FILE is ${JSON.stringify(file)}; expected a file that can be written to.`);
  }
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
  const known = secrets.reduce((left, secret) => left.replaceAll(secret, REMOVED), text);
  if (!known.includes('/')) return known;
  return SECRETS_IN_ADDRESSES.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), known);
}
