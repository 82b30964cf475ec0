import { readFile } from 'node:fs/promises';
import { float, type Returnable } from '../../define.ts';

/** Sizes and places in a record of utmp(5), as glibc writes it on 64-bit Linux. */
const RECORD = 384;
const USER_PROCESS = 7;

/** Who is logged in, from the records of utmp. */
export const parseUsers = (utmp: Buffer): Record<string, Returnable>[] => {
  const found: Record<string, Returnable>[] = [];
  for (let at = 0; at + RECORD <= utmp.length; at += RECORD) {
    const record = utmp.subarray(at, at + RECORD);
    const text = (start: number, length: number): string => record.toString('utf8', start, start + length).replace(/\0[\s\S]*$/, '');
    if (record.readInt16LE(0) !== USER_PROCESS) continue;
    const host = text(76, 256);
    found.push({
      name: text(44, 32),
      terminal: text(8, 32) || null,
      host: host === ':0' || host === ':0.0' ? 'localhost' : host,
      started: float(record.readInt32LE(340)),
      pid: record.readInt32LE(4),
    });
  }
  return found;
};

export const loggedIn = async (): Promise<Record<string, Returnable>[]> =>
  parseUsers(await readFile('/run/utmp').catch(() => Buffer.alloc(0)));
