import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Message } from '../../protocol/suites/suite.ts';
import { bytesOf } from '../../protocol/wire/envelope.ts';
import type { MasterLink } from '../link/contract.ts';
import { isMap } from '../listen/publication.ts';
import { fetchInBulk } from './bulk.ts';
import { type Chunk, download } from './download.ts';
import { fits } from './hashes.ts';
import type { FileHash, FileSource, Listing, Wanted } from './source.ts';

const COMMAND: Readonly<Record<Listing, string>> = { files: '_file_list', dirs: '_dir_list', emptyDirs: '_file_list_emptydirs' };
/** Bytes a tsalt master is asked for at once: larger pieces are no faster, and leave the process larger. */
const LENGTH = 512 << 10;
/** Questions on their way at once. */
const AHEAD = 8;
const FILES_AT_ONCE = 8;

/** The files of a master, real or tsalt (see README.md of this room for what tsalt adds). */
export class MasterFiles implements FileSource {
  readonly #link: () => MasterLink;

  /** `link`: whichever master is to be asked now. */
  constructor(link: () => MasterLink) {
    this.#link = link;
  }

  async envs(): Promise<readonly string[]> {
    return texts(await this.#ask({ cmd: '_file_envs' }));
  }

  async list(what: Listing, env: string, prefix: string): Promise<readonly string[]> {
    return texts(await this.#ask({ cmd: COMMAND[what], saltenv: env, prefix }));
  }

  async symlinks(env: string, prefix: string): Promise<Readonly<Record<string, string>>> {
    const answer = await this.#ask({ cmd: '_symlink_list', saltenv: env, prefix });
    const links: Record<string, string> = Object.create(null);
    if (isMap(answer)) for (const [link, target] of Object.entries(answer)) links[link] = String(target);
    return links;
  }

  async hash(path: string, env: string): Promise<FileHash | undefined> {
    const answer = await this.#ask({ cmd: '_file_hash', path, saltenv: env });
    if (!isMap(answer) || typeof answer['hsum'] !== 'string' || answer['hsum'] === '') return undefined;
    return { kind: typeof answer['hash_type'] === 'string' ? answer['hash_type'] : 'sha256', sum: answer['hsum'] };
  }

  async mode(path: string, env: string): Promise<number | undefined> {
    const answer = await this.#ask({ cmd: '_file_hash_and_stat', path, saltenv: env });
    const stat = Array.isArray(answer) ? answer[1] : undefined;
    const mode = Array.isArray(stat) ? Number(stat[0]) : Number.NaN;
    return Number.isInteger(mode) ? mode & 0o7777 : undefined;
  }

  async fetch(path: string, env: string, dest: string, hash: FileHash | undefined): Promise<boolean> {
    return await download({ path, env }, dest, hash, (loc) => this.#chunk(path, env, loc), AHEAD);
  }

  async fetchMany(wanted: readonly Wanted[], env: string): Promise<ReadonlySet<string>> {
    if (this.#link().suite === 'native')
      return await fetchInBulk(wanted, env, (load, bytesAt) => this.#link().ask(load, { bytesAt }), this);
    const there = new Set<string>();
    const queue = [...wanted];
    const work = async (): Promise<void> => {
      for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
        if (await this.#fetchIfOther(one, env)) there.add(one.path);
      }
    };
    await Promise.all(Array.from({ length: FILES_AT_ONCE }, work));
    return there;
  }

  async #fetchIfOther({ path, dest }: Wanted, env: string): Promise<boolean> {
    const hash = await this.hash(path, env);
    if (hash === undefined) return false;
    if (await fits(dest, hash)) return true;
    await mkdir(dirname(dest), { recursive: true });
    return await this.fetch(path, env, dest, hash);
  }

  async #chunk(path: string, env: string, loc: number): Promise<Chunk> {
    const link = this.#link();
    const load: Message = { cmd: '_serve_file', path, saltenv: env, loc, ...(link.suite === 'native' ? { length: LENGTH } : {}) };
    const answer = await link.ask(load, { bytesAt: ['data'] });
    if (!isMap(answer)) return { data: new Uint8Array(), exists: false };
    return { data: bytesOf(answer['data']) ?? new Uint8Array(), exists: answer['dest'] !== '' && answer['dest'] !== undefined };
  }

  async #ask(load: Message): Promise<unknown> {
    return await this.#link().ask(load);
  }
}

const texts = (answer: unknown): string[] => (Array.isArray(answer) ? answer.filter((item) => typeof item === 'string') : []);
