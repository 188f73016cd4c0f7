/**
 * The bot, ending itself with SIGKILL right before a write to the disk. A script for startBot, told by its environment:
 *
 *   DIE_ABOUT      the prompt of the job whose writes count
 *   DIE_AT_WRITE   the how-manieth of them is never made
 *
 * What is written together counts as one write, as it is one for the disk. Its last line of output is DIES_BEFORE and
 * what would have been written.
 */
import { writeSync } from 'node:fs';
import { GatheringSqlite } from '../../src/store/gathering-sqlite.ts';

const DIES_BEFORE = 'dies before ';
const { DIE_ABOUT: prompt = '', DIE_AT_WRITE: number = '' } = process.env;

/** Keys and values of the next write, as far as they are about the job. */
let waiting = '';
let writes = 0;
let jobId: string | null = null;

const { set, delete: remove, writeGathered } = GatheringSqlite.prototype;

GatheringSqlite.prototype.set = function (key: string, value: string): Promise<unknown> {
  if (jobId === null && key.startsWith('job:') && value.includes(prompt)) jobId = key.slice('job:'.length);
  note(`${key} ${value}`);
  return set.call(this, key, value);
};

GatheringSqlite.prototype.delete = function (key: string): Promise<boolean> {
  note(key);
  return remove.call(this, key);
};

GatheringSqlite.prototype.writeGathered = function (): Promise<void> {
  if (waiting !== '') {
    writes += 1;
    if (writes === Number(number)) die();
    waiting = '';
  }
  return writeGathered.call(this);
};

function die(): void {
  writeSync(process.stdout.fd, `${DIES_BEFORE}${waiting}\n`);
  process.kill(process.pid, 'SIGKILL');
}

function note(change: string): void {
  if (jobId !== null && change.includes(jobId)) waiting += change;
}

await import('../../src/index.ts');
