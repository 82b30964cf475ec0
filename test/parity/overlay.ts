import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const MINUTES = 60_000;
const MOST_OUTPUT = 64 * 1024 * 1024;
/** What differs between two equal installations: clocks, caches, logs, keys drawn by lot, and what an installer notes of itself. */
const UNSTEADY =
  /^\/(dev|proc|run|tmp|srv\/trial|var\/(cache|log|tmp|lib\/(apt|dpkg|systemd|ucf|alternatives|dbus|mysql|postgresql))|root\/\.cache|etc\/(ld\.so\.cache|.*-|machine-id))|\.py[co]$|__pycache__|\/known_hosts$|\/\.(placeholder|wh\.)/;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * This machine's files, changed at will: an overlay over `/`, and a process namespace for each command, so that a daemon that
 * a command starts ends with it. Needs root and mounts of one's own (`unshare --mount`).
 */
export class Overlay {
  readonly #home: string;
  readonly #root: string;

  constructor(home: string) {
    const [upper, work, root] = ['upper', 'work', 'root'].map((name) => join(home, name)) as [string, string, string];
    for (const path of [home, upper, work, root]) mkdirSync(path, { recursive: true });
    const layers = `lowerdir=/,upperdir=${upper},workdir=${work}`;
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, root]);
    execFileSync('mount', ['--rbind', '/dev', join(root, 'dev')]);
    this.#home = home;
    this.#root = root;
  }

  write(path: string, text: string): void {
    const place = join(this.#root, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text);
  }

  run(...command: readonly string[]): Ended {
    const inside = ['chroot', this.#root, 'sh', '-c', 'mount -t proc proc /proc; exec "$@"', 'sh', ...command];
    const { status, stdout, stderr } = spawnSync('unshare', ['--mount', '--pid', '--fork', '--kill-child', ...inside], {
      encoding: 'utf8',
      input: '',
      timeout: 9 * MINUTES,
      maxBuffer: MOST_OUTPUT,
    });
    return { code: status, stdout, stderr };
  }

  /** What was changed: a line of kind, mode, owner and sum for each path, in the order of the paths. */
  changed(): readonly string[] {
    const upper = join(this.#home, 'upper');
    return readdirSync(upper, { recursive: true, encoding: 'utf8' })
      .map((path) => `/${path}`)
      .filter((path) => !UNSTEADY.test(path))
      .sort()
      .flatMap((path) => described(join(upper, path), path));
  }

  close(): void {
    execFileSync('umount', ['--recursive', this.#root]);
  }
}

function described(place: string, path: string): string[] {
  const stats = lstatSync(place);
  const owner = `${(stats.mode & 0o7777).toString(8)} ${stats.uid}:${stats.gid}`;
  if (stats.isDirectory()) return [`${path}/ ${owner}`];
  if (stats.isSymbolicLink()) return [`${path} -> ${readlinkSync(place)}`];
  if (stats.isFile()) return [`${path} ${owner} ${createHash('sha256').update(readFileSync(place)).digest('hex').slice(0, 16)}`];
  return [`${path} ${stats.isCharacterDevice() ? 'removed' : 'other'}`];
}
