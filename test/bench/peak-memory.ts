/** The most memory a process had at once. */
import { readFileSync } from 'node:fs';

/** In megabytes, resident, since the process began (`VmHWM`); NaN where the system does not tell, as outside Linux. */
export function readPeakMemoryMb(pid: number): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return Number.NaN;
  }
}
