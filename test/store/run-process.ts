/** Starts `store-process`, optionally under a limit that the disk really enforces, and reads what it says. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./store-process.js', import.meta.url));

const OWN_MOUNTS = ['--user', '--map-root-user', '--mount'];
const MOUNT_SMALL_DISK = 'mount -t tmpfs -o size=1m tmpfs "$0"';

/** One line of the process. */
export interface Said {
  event: string;
  id?: string;
  name?: string;
  message?: string;
  hasCause?: boolean;
  saved?: number;
  readable?: number;
  kept?: number;
  refused?: number;
  open?: string[];
  openOnDisk?: string[];
}

export interface StoreProcess {
  child: ChildProcess;
  lines: AsyncIterator<string>;
}

/** `shell`: commands run before the process in the same shell, for example `ulimit -f 100`. Ended with the test. */
export function startProcess(t: TestContext, words: readonly string[], shell = ''): StoreProcess {
  const command = [process.execPath, SCRIPT, ...words];
  const child =
    shell === ''
      ? spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
      : spawn('sh', ['-c', `${shell} && exec "$@"`, 'sh', ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** Gives the process a real small disk (1 MiB) at `mountPoint`, seen by it alone. `shell` runs there first. */
export function startOnSmallDisk(
  t: TestContext,
  words: readonly string[],
  mountPoint: string,
  shell = 'true',
): StoreProcess {
  const script = `${MOUNT_SMALL_DISK} && { ${shell}; } && exec "$@"`;
  const child = spawn('unshare', [...OWN_MOUNTS, 'sh', '-c', script, mountPoint, process.execPath, SCRIPT, ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.after(() => child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** A reason to skip, or false. */
export function smallDiskMissing(mountPoint: string): string | false {
  const tried = spawnSync('unshare', [...OWN_MOUNTS, 'sh', '-c', MOUNT_SMALL_DISK, mountPoint]);
  return tried.status === 0
    ? false
    : 'this machine does not let a process mount a small disk of its own (unshare, tmpfs)';
}

export async function nextLine(process: StoreProcess): Promise<Said> {
  const { value, done } = await process.lines.next();
  if (done === true) throw new Error('Expected another line from the process, but it had ended.');
  return JSON.parse(value) as Said;
}

export async function allLines(process: StoreProcess): Promise<Said[]> {
  const said: Said[] = [];
  for (;;) {
    const { value, done } = await process.lines.next();
    if (done === true) return said;
    said.push(JSON.parse(value) as Said);
  }
}

/** A real kill -9; resolves when the process is gone. */
export async function killHard({ child }: StoreProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
