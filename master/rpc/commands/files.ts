import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Message } from '../../../protocol/suites/suite.ts';
import { isMessage } from '../../../protocol/wire/envelope.ts';
import type { FoundFile } from '../../files/backend.ts';
import type { FileServer } from '../../files/server.ts';
import { type Command, listIn, numberIn, textIn } from '../command.ts';

const compress = promisify(gzip);

/** A tsalt-minion may ask for chunks up to this size; more in one answer would hold up the others. */
const LARGEST_CHUNK = 4 * 1024 * 1024;
const MOST_FILES = 500;

/** The file server's requests: Salt's (wire-protocol section 8) and `_serve_files` of our own minions. */
export const fileCommands = (files: FileServer, bufferSize: number): readonly Command[] => {
  const found = async (load: Message): Promise<FoundFile | undefined> => await files.find(pathIn(load), envIn(load));
  const followUp = followUps(found);
  const listed = (name: string, pick: 'files' | 'dirs' | 'emptyDirs'): Command => ({
    name,
    run: async (_minion, load) => below((await files.list(envIn(load)))[pick], prefixIn(load)),
  });
  const commands: readonly Command[] = [
    { name: '_file_envs', run: () => files.envs() },
    listed('_file_list', 'files'),
    listed('_dir_list', 'dirs'),
    listed('_file_list_emptydirs', 'emptyDirs'),
    {
      name: '_symlink_list',
      run: async (_minion, load) => {
        const { links } = await files.list(envIn(load));
        const names = new Set(below(Object.keys(links), prefixIn(load)));
        return Object.fromEntries(Object.entries(links).filter(([name]) => names.has(name)));
      },
    },
    {
      name: '_file_hash',
      run: async (_minion, load) => {
        const file = await found(load);
        return file === undefined ? '' : { hash_type: files.hashType, hsum: await files.hash(file) };
      },
    },
    {
      name: '_file_hash_and_stat',
      run: async (_minion, load) => {
        const file = await found(load);
        return file === undefined ? ['', null] : [{ hash_type: files.hashType, hsum: await files.hash(file) }, file.stat];
      },
    },
    {
      name: '_file_find',
      run: async (_minion, load) => {
        const file = await found(load);
        return file === undefined ? { path: '', rel: '' } : { path: file.path, rel: pathIn(load), stat: file.stat, back: 'roots' };
      },
    },
    { name: '_serve_file', run: async (_minion, load) => await serveChunk(files, load, await followUp(load), bufferSize) },
    { name: '_serve_files', run: async (_minion, load) => await serveMany(files, load) },
  ];
  return commands.map((command) => ({ ...command, anonymous: true }));
};

/** A place found for the first chunk of a file serves its later chunks, for so long (ms), of so many files. */
const FOLLOW_UP_MS = 5000;
const FOLLOWED = 256;

/**
 * Where the file of a chunk lies. Looking for it takes longer than reading it, so that is done once for chunks
 * that follow each other; a file that changes between them is found out by its hash, as ever.
 */
function followUps(find: (load: Message) => Promise<FoundFile | undefined>): (load: Message) => Promise<FoundFile | undefined> {
  const places = new Map<string, { readonly file: FoundFile; readonly until: number }>();
  return async (load) => {
    const name = `${envIn(load)}\0${pathIn(load)}`;
    const known = places.get(name);
    if (known !== undefined && (numberIn(load, 'loc') ?? 0) > 0 && Date.now() < known.until) return known.file;
    const file = await find(load);
    places.delete(name);
    if (file === undefined) return undefined;
    for (const oldest of places.keys()) if (places.size < FOLLOWED || !places.delete(oldest)) break;
    places.set(name, { file, until: Date.now() + FOLLOW_UP_MS });
    return file;
  };
}

async function serveChunk(files: FileServer, load: Message, file: FoundFile | undefined, bufferSize: number): Promise<unknown> {
  if (file === undefined) return { data: '', dest: '' };
  const length = Math.min(Math.max(numberIn(load, 'length') ?? bufferSize, 1), LARGEST_CHUNK);
  const data = await files.read(file, Math.max(0, Math.trunc(numberIn(load, 'loc') ?? 0)), length);
  const level = numberIn(load, 'gzip');
  if (level === undefined || level < 1 || data.length === 0) return { data, dest: pathIn(load) };
  return { data: await compress(data, { level: Math.min(9, Math.trunc(level)) }), dest: pathIn(load), gzip: Math.trunc(level) };
}

/** Many small files in one answer; the form is told in `minion/files/README.md`. */
async function serveMany(files: FileServer, load: Message): Promise<unknown> {
  const wanted = (listIn(load, 'files') ?? []).slice(0, MOST_FILES).filter(isMessage);
  const answer = new Answer(files);
  for (let at = 0; at < wanted.length && !answer.isFull; at += LOOKED_FOR) {
    const some = wanted.slice(at, at + LOOKED_FOR);
    const found = await Promise.all(some.map((want) => files.find(textIn(want, 'path') ?? '', envIn(load))));
    await answer.add(some.map((want, index) => ({ path: textIn(want, 'path') ?? '', hash: want['hash'], file: found[index] })));
  }
  return { files: answer.entries, data: Buffer.concat(answer.pieces), more: wanted.length - answer.entries.length };
}

/** The hash of `_serve_files`, whatever `hash_type` says. */
const HASH = 'sha256';
/** Files that are looked for and read at once. */
const LOOKED_FOR = 16;

interface Asked {
  readonly path: string;
  readonly hash: unknown;
  readonly file: FoundFile | undefined;
}

class Answer {
  readonly entries: Message[] = [];
  readonly pieces: Buffer[] = [];
  /** The next file does not fit any more. */
  isFull = false;
  readonly #files: FileServer;
  #room = LARGEST_CHUNK;

  constructor(files: FileServer) {
    this.#files = files;
  }

  /** In this order, up to the first that finds no room. */
  async add(asked: readonly Asked[]): Promise<void> {
    const read = await Promise.all(
      asked.map(({ file }) => (file !== undefined && file.size <= this.#room ? this.#files.whole(file, HASH) : undefined)),
    );
    for (const [at, { path, hash, file }] of asked.entries()) {
      const content = read[at];
      if (file === undefined) this.entries.push({ path, missing: true });
      else if (file.size > LARGEST_CHUNK) this.entries.push(await this.#big(path, hash, file));
      else if (content?.hash === hash) this.entries.push({ path, same: true });
      else if (content === undefined || content.data.length > this.#room) {
        this.isFull = true;
        return;
      } else this.#take(path, content.hash, file, content.data);
    }
  }

  async #big(path: string, hash: unknown, file: FoundFile): Promise<Message> {
    const own = await this.#files.hash(file, HASH);
    return own === hash ? { path, same: true } : { path, hash: own, big: true };
  }

  #take(path: string, hash: string, file: FoundFile, data: Buffer): void {
    this.#room -= data.length;
    this.pieces.push(data);
    this.entries.push({ path, hash, size: data.length, mode: (file.stat[0] ?? 0) & 0o7777 });
  }
}

const envIn = (load: Message): string => textIn(load, 'saltenv') ?? 'base';
const pathIn = (load: Message): string => (textIn(load, 'path') ?? '').replace(/^\/+/, '');
const prefixIn = (load: Message): string => (textIn(load, 'prefix') ?? '').replace(/^\/+|\/+$/g, '');

/** What lies below a directory, or is it. */
const below = (paths: readonly string[], prefix: string): string[] =>
  paths.filter((path) => prefix === '' || path === prefix || path.startsWith(`${prefix}/`));
