import { type FSWatcher, lstatSync, readdirSync, type Stats, watch } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../define.ts';
import { Changes, type Wanted, type Watch } from './inotify_watch.ts';

/** What can be told apart by looking at a file when Node says that something happened to it. */
const SEEN = new Set(['create', 'delete', 'modify', 'attrib', 'delete_self', 'moved_from', 'moved_to', 'close_write']);

/**
 * Watches through Node. Moves are told as a deletion and a creation, the close of a written file as its
 * modification; what only the kernel sees (opens, reads, closes) is not told, which is logged once.
 */
export async function watchByNode(wanted: Wanted, log: Log): Promise<Watch> {
  const unseen = [...wanted.mask].filter((name) => !SEEN.has(name));
  if (unseen.length > 0)
    log.warn(`the beacon inotify cannot see ${unseen.join(', ')} of ${wanted.path}: install inotifywait (package inotify-tools)`);
  const changes = new Changes();
  const tree = new Tree(wanted, changes);
  tree.add(wanted.path);
  return { take: () => changes.take(), over: () => tree.empty, close: () => tree.close() };
}

interface Watched {
  readonly watcher: FSWatcher;
  /** What is in the directory, by name; the file itself by ''. */
  readonly known: Map<string, Stats>;
}

class Tree {
  readonly #wanted: Wanted;
  readonly #changes: Changes;
  readonly #watched = new Map<string, Watched>();

  constructor(wanted: Wanted, changes: Changes) {
    this.#wanted = wanted;
    this.#changes = changes;
  }

  get empty(): boolean {
    return this.#watched.size === 0;
  }

  add(path: string): void {
    const stats = statsOf(path);
    if (stats === undefined || this.#watched.has(path)) return;
    const known = new Map<string, Stats>([['', stats]]);
    const watcher = watch(path, { persistent: false }, (_kind, name) => this.#look(path, stats.isDirectory() ? String(name ?? '') : ''));
    watcher.on('error', () => this.#drop(path));
    this.#watched.set(path, { watcher, known });
    for (const name of stats.isDirectory() ? readdirSync(path) : []) {
      const found = statsOf(join(path, name));
      if (found === undefined) continue;
      known.set(name, found);
      if (this.#wanted.recurse && found.isDirectory()) this.add(join(path, name));
    }
  }

  close(): void {
    for (const path of [...this.#watched.keys()]) this.#drop(path);
  }

  /** Compares what is there with what was. */
  #look(directory: string, name: string): void {
    const watched = this.#watched.get(directory);
    if (watched === undefined) return;
    const path = name === '' ? directory : join(directory, name);
    const [before, now] = [watched.known.get(name), statsOf(path)];
    if (now === undefined) watched.known.delete(name);
    else watched.known.set(name, now);
    for (const [mask, change] of changesOf(before, now, name === '')) {
      const flag = (now ?? before)?.isDirectory() === true && name !== '' ? '|IN_ISDIR' : '';
      if (mask.some((one) => this.#wanted.mask.has(one))) this.#changes.add({ directory, path, change: `${change}${flag}` });
    }
    if (now === undefined && name === '') this.#drop(directory);
    if (now === undefined) this.#drop(path);
    else if (before === undefined && now.isDirectory() && this.#wanted.autoAdd) this.add(path);
  }

  #drop(path: string): void {
    this.#watched.get(path)?.watcher.close();
    this.#watched.delete(path);
  }
}

type Told = readonly [mask: readonly string[], change: string];

function changesOf(before: Stats | undefined, now: Stats | undefined, itself: boolean): readonly Told[] {
  if (before === undefined) return now === undefined ? [] : [[['create', 'moved_to'], 'IN_CREATE']];
  if (now === undefined) return itself ? [[['delete_self'], 'IN_DELETE_SELF']] : [[['delete', 'moved_from'], 'IN_DELETE']];
  if (before.mtimeMs !== now.mtimeMs || before.size !== now.size)
    return now.isDirectory() ? [] : [[['modify', 'close_write'], 'IN_MODIFY']];
  return before.ctimeMs !== now.ctimeMs ? [[['attrib'], 'IN_ATTRIB']] : [];
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined; // gone
  }
}
