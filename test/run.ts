/**
 * Runs every test, or those whose path contains one of the words given: `npm test -- kill jobs/engine`.
 *
 * What is run follows from the sources, so that a test whose source was removed does not live on in
 * dist/. The last line is `N passed, N failed, N skipped`, counting tests and their subtests. The exit
 * code is 1 when a test failed, when none ran, and, where CI is set, when one was skipped.
 */
import { setMaxListeners } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** For one file; one that hangs, or leaves a socket or a timer behind, fails then. */
const FILE_TIMEOUT_MS = 120_000;
/** It takes about 250 s on two cores; a slower machine is let finish. */
const SUITE_TIMEOUT_MS = 420_000;
/** More than cores: much of the time a test waits for a process to start, for the disk or for a clock. */
const FILES_AT_ONCE = 4;
/** Begun first, so that none of the long ones is left alone at the end. */
const LONG = [
  'test/end-to-end/kill',
  'test/end-to-end/generate',
  'test/chaos/',
  'test/end-to-end/jobs',
  'test/end-to-end/',
  'test/sandbox/page',
  'test/store/',
];

interface Tally {
  passed: number;
  failed: number;
  /** Where, which and why, one line each. */
  skipped: string[];
  /** Files that ended without a single test: a mistake, and node:test would call it passed. */
  empty: string[];
}

interface TestEvent {
  name: string;
  nesting: number;
  file?: string;
  skip?: string | boolean;
  todo?: string | boolean;
  details: { type?: string; error?: { failureType?: string } };
}

const root = join(import.meta.dirname, '..', '..');

/** The paths of the test sources from the package's root, with forward slashes, in the order they are run. */
function findTests(): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => `test/${path.replaceAll('\\', '/')}`)
    .toSorted()
    .toSorted((one, other) => placeOf(one) - placeOf(other));
}

function placeOf(path: string): number {
  const place = LONG.findIndex((start) => path.startsWith(start));
  return place === -1 ? LONG.length : place;
}

function matches(path: string, words: readonly string[]): boolean {
  return words.length === 0 || words.some((word) => path.includes(word.replace(/^\.\//, '')));
}

function compiled(source: string): string {
  const file = join(root, 'dist', source.replace(/\.ts$/, '.js'));
  if (!existsSync(file))
    throw new Error(`Expected ${relative(root, file)}, compiled from ${source}: run npm run build.`);
  return file;
}

/** `test/x.test.ts` for dist/test/x.test.js. */
function sourceOf(file: string): string {
  return relative(join(root, 'dist'), file).replaceAll('\\', '/').replace(/\.js$/, '.ts');
}

function reasonOf(mark: string | boolean): string {
  return typeof mark === 'string' && mark !== '' ? mark : 'no reason given';
}

function count(tally: Tally, event: TestEvent, passed: boolean): void {
  const { name, file, skip, todo } = event;
  const where = file === undefined ? name : `${sourceOf(file)}: ${name}`;
  if (event.details.type === 'suite') {
    // The tests inside are counted by themselves; what is left is a suite or a hook that failed on its own.
    if (!passed && event.details.error?.failureType !== 'subtestsFailed') tally.failed += 1;
  } else if (skip !== undefined && skip !== false) tally.skipped.push(`${where} (${reasonOf(skip)})`);
  else if (todo !== undefined && todo !== false) tally.skipped.push(`${where} (to do: ${reasonOf(todo)})`);
  else if (!passed) tally.failed += 1;
  else if (event.nesting === 0 && existsSync(name)) tally.empty.push(sourceOf(name));
  else tally.passed += 1;
}

async function runFiles(files: string[]): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: [], empty: [] };
  const signal = AbortSignal.timeout(SUITE_TIMEOUT_MS);
  // Each file listens to it.
  setMaxListeners(0, signal);
  const events = run({ files, concurrency: FILES_AT_ONCE, timeout: FILE_TIMEOUT_MS, signal });
  events.on('test:pass', (event: TestEvent) => count(tally, event, true));
  events.on('test:fail', (event: TestEvent) => count(tally, event, false));
  const report = events.compose(new spec());
  report.pipe(process.stdout);
  await finished(report);
  return tally;
}

/** Prints what a reader should know last; resolves to the exit code. */
function close({ passed, failed, skipped, empty }: Tally): number {
  const skipFails = skipped.length > 0 && isSet(process.env.CI);
  const lines = [
    ...skipped.map((line) => `skipped: ${line}`),
    ...(skipFails ? ['Where CI is set, a skipped test is a failure: set up what it asks for.'] : []),
    ...empty.map((file) => `failed: ${file} holds no test`),
    ...(passed + failed === 0 ? ['No test ran.'] : []),
    `${passed} passed, ${failed + empty.length} failed, ${skipped.length} skipped`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return failed + empty.length > 0 || passed === 0 || skipFails ? 1 : 0;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false';
}

const words = process.argv.slice(2);
const sources = findTests().filter((path) => matches(path, words));
if (sources.length === 0) {
  console.error(`Expected a test file whose path contains ${words.join(' or ')}, found none under test/.`);
  process.exitCode = close({ passed: 0, failed: 0, skipped: [], empty: [] });
} else {
  process.exitCode = close(await runFiles(sources.map(compiled)));
}
