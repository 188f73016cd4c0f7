/**
 * `npm run chaos`: the real bot, killed with SIGKILL again and again while members use it and everything around it
 * fails; then every promise is checked. Prints the counts.
 *
 *   --kills N    how often it is killed; default 200 (about eight minutes on two cores)
 *   --seed S     a whole number; the same one draws the same decisions, and an odd one has webhooks. What they meet
 *                depends on time as well
 *   --keep       keeps the bot's folder, its log and all records also when every check held
 *   --json FILE  writes the counts and all violations there too
 *
 * Ends with 0 when every check held, with 1 when one did not (the bot's folder is kept then too), and with 130 after
 * SIGINT.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countViolations, renderReport } from './report.ts';
import { runChaos, type ChaosResult, type Kill } from './run.ts';

const MOST_KILLS = 10_000;
const EXIT_INTERRUPTED = 130;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const kills = readWhole('--kills', values.kills, MOST_KILLS);
const seed = readWhole('--seed', values.seed, Number.MAX_SAFE_INTEGER);

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // A second one ends at once; the bot ends with this process.
  process.once(signal, () => stopping.abort(new Error(`ended by ${signal}`)));
}
process.stdout.write(`seed ${seed}, ${kills} kills\n`);
try {
  finish(await runChaos({ kills, seed, signal: stopping.signal, onKill: tellKill }));
} catch (error) {
  if (!stopping.signal.aborted) throw error;
  process.stderr.write('\nended early; nothing was checked\n');
  process.exitCode = EXIT_INTERRUPTED;
}

function finish(result: ChaosResult): void {
  process.stdout.write(`\n${renderReport(result)}\n`);
  const { evidence: _, folder, ...told } = result;
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(told, null, 2)}\n`);
  const broken = countViolations(result);
  const isKept = broken > 0 || values.keep;
  if (isKept) writeEvidence(result);
  else rmSync(folder, { recursive: true, force: true });
  const words = broken === 0 ? 'every check held' : `${broken} times a promise was broken`;
  process.stdout.write(`\n${words}${isKept ? `; look in ${folder}` : ''}\n`);
  if (broken > 0) process.exitCode = 1;
}

/** Beside what the bot kept. */
function writeEvidence({ evidence, folder, killed }: ChaosResult): void {
  const { lines, jobs, predictions, generations, messages, asked, handouts } = evidence;
  writeFileSync(join(folder, 'log.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
  const lists = { jobs, predictions, generations, messages, asked, handouts, killed };
  for (const [name, list] of Object.entries(lists)) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(list, null, 2));
  }
}

function tellKill({ life }: Kill): void {
  if (life % 10 === 0) process.stderr.write(`${life} of ${kills} kills\n`);
}

function readWhole(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || value > most || text.trim() === '') {
    process.stderr.write(`${name} is ${JSON.stringify(text)}; expected a whole number from 0 to ${most}.\n`);
    process.exit(1);
  }
  return value;
}
