import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type LocalMinion, openLocal } from '../../minion/local.ts';
import { freePort } from '../support/ports.ts';
import { type Case, caseFiles, type FileHead } from './cases.ts';
import { stateFiles } from './states.ts';

/** What one side answered: a value, or an error by kind and text. `seen` is what `look` printed. */
export interface Answer {
  readonly value?: unknown;
  readonly error?: string;
  readonly text?: string;
  readonly retcode?: number;
  readonly seen?: string;
}

/** What prepares the machine and puts it back. `files` are written below `{tmp}`. */
export type Turn = Pick<Case, 'before' | 'after'> & { readonly files?: Readonly<Record<string, string>> };
export type Call = Pick<Case, 'fun' | 'args' | 'kwargs' | 'look'> & {
  /** The real Salt gives the call a process of its own, for states leave much behind in its options. */
  readonly apart?: boolean;
};

interface Side {
  /** The directory of its configuration. */
  readonly conf: string;
  ask(call: Pick<Call, 'fun' | 'args' | 'kwargs' | 'apart'>): Promise<Answer>;
  close(): Promise<void>;
}

/** What the servers of a case file have for themselves. */
interface Place {
  readonly home: string;
  readonly port: string;
}

/** The real Salt and ours, masterless, each with a configuration of its own that says the same. */
export class Sides {
  readonly #home = mkdtempSync(join(tmpdir(), 'tsalt-parity-'));
  readonly #tmp = join(this.#home, 'tmp');
  readonly #salt: string;
  #server: Place | undefined;
  #real: Promise<Side> | undefined;
  #ours: Promise<Side> | undefined;

  readonly #options: Readonly<Record<string, unknown>>;

  /** `salt`: the directory of the real Salt's programs. `options` of both sides go before the usual ones. */
  constructor(salt: string, options: Readonly<Record<string, unknown>> = {}) {
    this.#salt = salt;
    this.#options = options;
  }

  /** Starts what the cases of a file need. */
  async begin(file: FileHead): Promise<void> {
    const home = mkdtempSync(join(tmpdir(), 'tsalt-parity-'));
    // Servers run as users of their own, who must get in.
    chmodSync(home, 0o755);
    this.#server = { home, port: String(await freePort()) };
    for (const command of file.start) mustRun(this.#placed(command));
  }

  async end(file: FileHead): Promise<void> {
    for (const command of file.stop) mustRun(this.#placed(command));
    if (this.#server !== undefined) rmSync(this.#server.home, { recursive: true, force: true });
    this.#server = undefined;
  }

  async both(one: Case): Promise<{ readonly real: Answer; readonly ours: Answer }> {
    const { real, ours } = await this.bothInTurn(one, [one]);
    return { real: only(real), ours: only(ours) };
  }

  /** Several calls one after another on a machine that is prepared once and put back once for each side. */
  async bothInTurn(turn: Turn, calls: readonly Call[]): Promise<{ readonly real: Answer[]; readonly ours: Answer[] }> {
    this.#real ??= openReal(this.#salt, this.#configure('real'));
    this.#ours ??= openOurs(this.#configure('ours'));
    return { real: await this.#turn(await this.#real, turn, calls), ours: await this.#turn(await this.#ours, turn, calls) };
  }

  async close(): Promise<void> {
    await (await this.#real)?.close();
    await (await this.#ours)?.close();
    rmSync(this.#home, { recursive: true, force: true });
  }

  async #turn(side: Side, turn: Turn, calls: readonly Call[]): Promise<Answer[]> {
    rmSync(this.#tmp, { recursive: true, force: true });
    mkdirSync(this.#tmp);
    const placed = <T>(value: T): T => this.#placed(value, side);
    for (const [name, text] of Object.entries(turn.files ?? {})) {
      const path = join(this.#tmp, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, placed(text));
    }
    try {
      for (const command of turn.before) shell(placed(command));
      const answers: Answer[] = [];
      for (const { look, args, kwargs, ...call } of calls) {
        const answer = await side.ask({ ...call, args: placed(args), kwargs: placed(kwargs) });
        answers.push(look === undefined ? answer : { ...answer, seen: shell(placed(look)) });
      }
      return answers;
    } finally {
      for (const command of turn.after) shell(placed(command));
    }
  }

  #placed<T>(value: T, side?: Side): T {
    const places = { tmp: this.#tmp, ...this.#server, ...(side === undefined ? {} : { conf: side.conf }) };
    return JSON.parse(
      JSON.stringify(value).replace(/\{(tmp|home|port|conf)\}/g, (text, key: keyof typeof places) => places[key] ?? text),
    ) as T;
  }

  #configure(side: string): string {
    const root = join(this.#home, side);
    mkdirSync(root, { recursive: true });
    const [srv, pillar] = ['srv', 'pillar'].map((name) => {
      cpSync(new URL(`./${name}/`, import.meta.url), join(this.#home, name), { recursive: true });
      return join(this.#home, name);
    });
    const options = {
      id: 'parity',
      file_client: 'local',
      root_dir: root,
      cachedir: join(root, 'cache'),
      pki_dir: join(root, 'pki'),
      log_file: join(root, 'log'),
      log_level: 'critical',
      log_level_logfile: 'quiet',
      pillar_mask_output: false,
      file_roots: { base: [srv] },
      pillar_roots: { base: [pillar] },
      ...Object.assign({}, ...[...caseFiles(), ...stateFiles()].map((file) => file.options)),
      ...this.#placed(this.#options),
    };
    writeFileSync(join(root, 'minion'), JSON.stringify(options));
    return root;
  }
}

const only = ([answer]: readonly Answer[]): Answer => {
  if (answer === undefined) throw new Error('a call has no answer');
  return answer;
};

/** What a command prints; it may fail, for cleaning up what is not there is no harm. */
const shell = (command: string): string => {
  const { stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  return stdout + stderr;
};

const mustRun = (command: string): void => {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`\`${command}\` failed: ${stdout}${stderr}`);
};

async function openReal(salt: string, configDir: string): Promise<Side> {
  const script = new URL('./real.py', import.meta.url).pathname;
  const child: ChildProcessWithoutNullStreams = spawn(join(salt, 'python'), [script, configDir]);
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-4000);
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<Answer> => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`the real Salt ended: ${complaints}`);
    return JSON.parse(line.value) as Answer;
  };
  await next();
  return {
    conf: configDir,
    ask: async ({ fun, args, kwargs, apart = false }) => {
      child.stdin.write(`${JSON.stringify({ fun, args, kwargs, apart })}\n`);
      return await next();
    },
    close: async () => {
      child.stdin.end();
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

const KINDS = {
  arguments: 'TypeError',
  invocation: 'SaltInvocationError',
  command: 'CommandExecutionError',
  'not-found': 'CommandNotFoundError',
  exception: 'exception',
} as const;

async function openOurs(configDir: string): Promise<Side> {
  const minion: LocalMinion = await openLocal({ configDir, local: true });
  return {
    conf: configDir,
    ask: async ({ fun, args, kwargs, apart = false }) => {
      if (apart) await minion.call('saltutil.refresh_pillar', []);
      const keywords = Object.keys(kwargs).length === 0 ? [] : [{ __kwarg__: true, ...kwargs }];
      const { value, retcode, available, failure } = await minion.call(fun, [...args, ...keywords]);
      if (!available) return { error: 'missing', text: String(value) };
      if (failure !== undefined) return { error: KINDS[failure.kind], text: failure.text };
      return { value: plain(value), retcode };
    },
    close: async () => await minion[Symbol.asyncDispose](),
  };
}

/** As `real.py` does: what JSON carries, bytes as text. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]) => [typeof key === 'string' ? key : JSON.stringify(key), plain(item)]));
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON() as unknown;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value;
};
