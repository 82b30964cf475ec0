import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CallRefused } from '../../../modules/define.ts';
import { isJid } from '../../../protocol/jid.ts';
import type { Digests } from '../../../states/plan/digest.ts';

/** How many plans a minion remembers; the oldest go first. */
const MOST = 100;

/** What this minion foresaw, by plan: digests alone, nothing that could be a secret. Below `cachedir/plans/`. */
export class PlanFiles {
  readonly #directory: string;

  constructor(cachedir: string) {
    this.#directory = join(cachedir, 'plans');
  }

  async save(id: string, digests: Digests): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const known = (await readdir(this.#directory)).sort();
    for (const old of known.slice(0, Math.max(0, known.length - MOST + 1))) await rm(join(this.#directory, old), { force: true });
    await writeFile(this.#file(id), JSON.stringify(Object.entries(digests)), { mode: 0o600 });
  }

  /** Undefined for a plan that this minion does not know, or cannot read. @throws CallRefused when that is no id */
  async load(id: string): Promise<Digests | undefined> {
    const file = this.#file(id);
    try {
      const entries = JSON.parse(await readFile(file, 'utf8')) as [string, string][];
      return Object.assign(Object.create(null), Object.fromEntries(entries));
    } catch {
      return undefined; // not there, or torn: the plan is refused, and that is said
    }
  }

  async forget(id: string): Promise<void> {
    await rm(this.#file(id), { force: true });
  }

  #file(id: string): string {
    if (!isJid(id)) throw new CallRefused(`not the id of a plan: ${JSON.stringify(id).slice(0, 60)} (20 digits were expected)`);
    return join(this.#directory, `${id}.json`);
  }
}
