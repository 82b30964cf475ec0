import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocal } from '../../minion/local.ts';

/** A minion without a master, with these options, in a directory of its own. */
export class LoneMinion implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'tsalt-lone-'));
  readonly #open: ReturnType<typeof openLocal>;

  constructor(options: Readonly<Record<string, unknown>> = {}) {
    for (const directory of ['srv', 'pillar']) mkdirSync(join(this.home, directory));
    const file = {
      id: 'lone',
      file_client: 'local',
      root_dir: this.home,
      cachedir: join(this.home, 'cache'),
      pki_dir: join(this.home, 'pki'),
      log_level: process.env['TSALT_TEST_LOG'] ?? 'quiet',
      file_roots: { base: [join(this.home, 'srv')] },
      pillar_roots: { base: [join(this.home, 'pillar')] },
      ...options,
    };
    writeFileSync(join(this.home, 'minion'), JSON.stringify(file));
    this.#open = openLocal({ configDir: this.home, local: true });
  }

  /** What a function returns. Throws what it fails with. */
  async call(fun: string, args: readonly unknown[] = [], kwargs: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const minion = await this.#open;
    const { value, failure, available } = await minion.call(fun, [...args, { __kwarg__: true, ...kwargs }]);
    if (failure !== undefined) throw new Error(failure.text);
    if (!available) throw new Error(String(value));
    return plain(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#open)[Symbol.asyncDispose]();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Maps of the minion have no prototype, which comparisons would see. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || 'toJSON' in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
};
