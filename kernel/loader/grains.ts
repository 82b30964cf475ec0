import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { GrainHost, GrainSource, Log, Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { createWhich } from './host.ts';
import { toReturnable } from './returnable.ts';

export type Grains = Record<string, Returnable>;

export interface GrainOptions {
  /** In order: later ones see what earlier ones found, and override it. */
  readonly sources: readonly GrainSource[];
  /** The minion's options; `grains`, `grains_deep_merge` and `grains_blacklist` are honoured here. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What the administrator's grains file holds; it overrides what was found, and the options override it. */
  readonly file?: Readonly<Record<string, unknown>>;
  readonly log: Log;
  /** The machine to look at; tests hand in another. */
  readonly machine?: Machine;
}

/** What sources may look at, besides options and grains. */
export type Machine = Omit<GrainHost, 'config' | 'grains'>;

/** Asks all sources. One that fails is logged and leaves its grains out, the others answer. */
export const collectGrains = async (options: GrainOptions): Promise<Grains> => {
  const machine = options.machine ?? createMachine();
  const grains: Grains = Object.create(null);
  const add = (found: Readonly<Record<string, unknown>>): void => merge(grains, allowed(found, options.config), options.config);
  const ask = async (source: GrainSource): Promise<Readonly<Record<string, unknown>>> => {
    try {
      return await source.collect({ ...machine, config: options.config, grains });
    } catch (thrown) {
      options.log.error(`grains of ${source.name} are missing: ${messageOf(thrown)}`);
      return {};
    }
  };
  // Most of the time goes into programs that sources wait for: they wait together.
  const asked = options.sources.map((source) => ({ source, answer: source.builds === true ? undefined : ask(source) }));
  for (const { source, answer } of asked) add(await (answer ?? ask(source)));
  add(options.file ?? {});
  Object.assign(grains, checked(mapOf(options.config['grains'])));
  return grains;
};

/** This machine. Files are read at once: they are small, and in /proc and /sys, which never wait. */
export const createMachine = (): Machine => ({
  which: createWhich(),
  read: (path) => attempt(() => readFileSync(path, 'utf8')),
  exists: existsSync,
  list: (path) => attempt(() => readdirSync(path).sort()) ?? [],
  run,
});

/** Undefined for what is absent or forbidden: to a source of grains both mean that there is nothing to tell. */
const attempt = <T>(look: () => T): T | undefined => {
  try {
    return look();
  } catch {
    return undefined;
  }
};

const run = (argv: readonly string[]): Promise<string | undefined> =>
  new Promise((done) => {
    const [program = '', ...args] = argv;
    const settings = { timeout: 5000, env: { ...process.env, LC_ALL: 'C' }, killSignal: 'SIGKILL' as const };
    execFile(program, args, settings, (error, stdout) => done(error ? undefined : stdout.trim()));
  });

/** Without what `grains_blacklist` names; its globs and regular expressions must fit the whole name. */
const allowed = (found: Readonly<Record<string, unknown>>, config: GrainOptions['config']): Grains => {
  const blacklist = Array.isArray(config['grains_blacklist']) ? config['grains_blacklist'].map(String) : [];
  const patterns = blacklist.flatMap(patternsOf);
  return checked(Object.fromEntries(Object.entries(found).filter(([name]) => !patterns.some((pattern) => pattern.test(name)))));
};

const patternsOf = (expression: string): RegExp[] => {
  const glob = expression
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return [glob, expression].flatMap((body) => attempt(() => new RegExp(`^(?:${body})$`)) ?? []);
};

const checked = (found: Readonly<Record<string, unknown>>): Grains => toReturnable({ ...found }) as Grains;

const merge = (into: Grains, found: Grains, config: GrainOptions['config']): void => {
  if (config['grains_deep_merge'] !== true) Object.assign(into, found);
  else for (const [name, value] of Object.entries(found)) into[name] = deep(into[name], value);
};

/** Maps are merged, everything else is replaced. */
const deep = (old: Returnable | undefined, value: Returnable): Returnable => {
  if (!isMap(old) || !isMap(value)) return value;
  const made: Grains = Object.assign(Object.create(null), old);
  for (const [name, item] of Object.entries(value)) made[name] = deep(made[name], item);
  return made;
};

const isMap = (value: unknown): value is Grains => {
  if (value === null || typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
};

const mapOf = (value: unknown): Readonly<Record<string, unknown>> => (isMap(value) ? value : {});
