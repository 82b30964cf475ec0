import { spawn } from 'node:child_process';
import type { Log } from '../define.ts';
import { Changes, type Wanted, type Watch } from './inotify_watch.ts';

/** Events that inotifywait can be asked for; the other names of a mask are flags of a watch. */
const EVENTS = new Set([
  'access',
  'attrib',
  'close_nowrite',
  'close_write',
  'create',
  'delete',
  'delete_self',
  'modify',
  'moved_from',
  'moved_to',
  'move_self',
  'open',
  'unmount',
]);
/** inotifywait adds these names of groups to their members. */
const GROUPS = new Set(['CLOSE', 'MOVE']);

/** Watches through the program inotifywait. Resolves when the watch stands, or the program has ended. */
export async function watchByProgram(program: string, wanted: Wanted, log: Log): Promise<Watch> {
  const changes = new Changes();
  let over = false;
  const child = spawn(program, argvOf(wanted), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    const fields = (text + piece).split('\0');
    while (fields.length > 3) {
      const [place = '', names = '', file = ''] = fields.splice(0, 3);
      const directory = place.length > 1 && place.endsWith('/') ? place.slice(0, -1) : place;
      changes.add({ directory, path: file === '' ? directory : `${directory === '/' ? '' : directory}/${file}`, change: maskName(names) });
    }
    text = fields.join('\0');
  });
  await new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (line: string) => {
      if (line.includes('Watches established')) resolve();
      else if (/^(Failed|Couldn't)/.test(line)) log.warn(`inotifywait ${wanted.path}: ${line.trim()}`);
    });
    child.once('error', (error) => {
      log.warn(`inotifywait ${wanted.path}: ${error.message}`);
      over = true;
      resolve();
    });
    child.once('close', () => {
      over = true;
      resolve();
    });
  });
  return { take: () => changes.take(), over: () => over, close: () => void child.kill() };
}

function argvOf({ path, mask, recurse }: Wanted): string[] {
  const events = [...mask].filter((name) => EVENTS.has(name)).flatMap((name) => ['-e', name]);
  return ['-m', ...(recurse ? ['-r'] : []), '--no-newline', '--format', '%w%0%e%0%f%0', ...events, '--', path];
}

const maskName = (names: string): string =>
  names
    .split(',')
    .filter((name) => !GROUPS.has(name))
    .map((name) => `IN_${name}`)
    .join('|');
