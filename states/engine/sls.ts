import { RenderError } from '../../kernel/render/errors.ts';
import { equal } from '../../kernel/render/python/compare.ts';
import { str } from '../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict } from '../../kernel/render/python/value.ts';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { Body, High } from './high.ts';
import { declarations, firstKey } from './high.ts';

/** An SLS file as found. */
export interface SlsFile {
  /** The file on this machine. */
  readonly path: string;
  /** Relative to its root: `nginx/init.sls`. */
  readonly name: string;
}

/** Where SLS files come from and how they are rendered; the compiler knows neither. */
export interface SlsSource {
  environments(): Promise<readonly string[]>;
  /** Names of all SLS of an environment, with dots. */
  available(env: string): Promise<readonly string[]>;
  find(sls: string, env: string): Promise<SlsFile | undefined>;
  /** @throws RenderError */
  render(file: SlsFile, sls: string, env: string): Promise<Data>;
}

/** SLS by environment, as a top file assigned them. */
export type Matches = ReadonlyMap<string, readonly string[]>;

/** Where the order of definition begins to count. */
const FIRST_ORDER = 10000;

/** Renders SLS files and what they include into high data. Errors are collected, in Salt's words. */
export class SlsCompiler {
  readonly high: High = new Map();
  readonly errors: string[] = [];
  readonly #source: SlsSource;
  readonly #rendered = new Set<string>();
  #order = FIRST_ORDER;

  constructor(source: SlsSource) {
    this.#source = source;
  }

  async add(matches: Matches): Promise<void> {
    const environments = await this.#source.environments();
    for (const [env, names] of matches) {
      if (!environments.includes(env)) this.errors.push(`No matching salt environment for environment '${env}' found`);
      for (const name of names) await this.#addMatch(name, env, matches);
    }
    this.#dropRepeatedExtends();
  }

  async #addMatch(name: string, env: string, matches: Matches): Promise<void> {
    for (const sls of await this.#expand(name, env)) {
      if (this.#rendered.has(`${env}:${sls}`)) continue;
      const { high, errors } = await this.#render(sls, env, matches);
      if (high !== undefined) merge(this.high, high, errors);
      const absent = `SLS ${name} in saltenv`;
      this.errors.push(
        ...errors.map((error) =>
          error.includes('is not available') && error.includes(absent) ? `No matching sls found for '${name}' in env '${env}'` : error,
        ),
      );
    }
  }

  /** The SLS a pattern means; the name itself if it means none. */
  async #expand(name: string, env: string): Promise<readonly string[]> {
    if (!/[*?[]/.test(name)) return [name];
    const matches = globMatcher(name);
    const found = (await this.#source.available(env)).filter(matches);
    return found.length > 0 ? found : [name];
  }

  async #render(sls: string, env: string, matches: Matches): Promise<{ readonly high: High | undefined; readonly errors: string[] }> {
    const errors: string[] = [];
    const file = await this.#source.find(sls, env);
    if (file === undefined) {
      errors.push(`Specified SLS ${sls} in saltenv ${env} is not available on the salt master or through a configured fileserver`);
      return { high: undefined, errors };
    }
    const data = await this.#content(file, sls, env, errors);
    this.#rendered.add(`${env}:${sls}`);
    if (data === undefined || (isDict(data) && data.size === 0) || data === null) return { high: undefined, errors };
    if (!isDict(data)) {
      errors.push(`SLS ${sls} does not render to a dictionary`, `Error when rendering state with contents: ${str(data)}`);
      return { high: undefined, errors };
    }
    const high = data as High;
    const include = takeInclude(high, sls, errors);
    takeExtend(high, sls, env, errors);
    takeExclude(high, sls, errors);
    normalise(high, sls, env, errors);
    for (const one of include) await this.#include(one, high, { file, sls, env, matches, errors });
    this.#number(high);
    return { high, errors };
  }

  async #content(file: SlsFile, sls: string, env: string, errors: string[]): Promise<Data | undefined> {
    try {
      return await this.#source.render(file, sls, env);
    } catch (error) {
      const known = error instanceof RenderError;
      errors.push(
        known
          ? `Rendering SLS '${env}:${sls}' failed: ${error.message}`
          : `Rendering SLS ${sls} failed, render error: ${messageOf(error)}\n${stackOf(error)}`,
      );
      return undefined;
    }
  }

  async #include(wanted: Data, high: High, place: Place): Promise<void> {
    const { env: ownEnv, sls, matches, errors } = place;
    const [env, given] = isDict(wanted)
      ? [str(firstKey(wanted as Dict)), str([...(wanted as Dict).values()][0] ?? null)]
      : [ownEnv, str(wanted)];
    const environments = await this.#source.environments();
    if (env !== '_xenv' && !environments.includes(env)) {
      errors.push(`Nonexistent saltenv '${env}' found in include of '${given}' within SLS '${ownEnv}:${sls}'`);
      return;
    }
    const name = absolute(given, place);
    if (name === undefined) return;
    const resolved =
      env === '_xenv'
        ? await this.#environmentsWith(name, [...matches.keys()])
        : matches.has(env)
          ? [env]
          : await this.#environmentsWith(name, [env]);
    const target = resolved.length === 1 ? resolved[0] : resolved.includes(ownEnv) ? ownEnv : undefined;
    if (target === undefined) {
      errors.push(unresolved(env, name, resolved, matches));
      return;
    }
    for (const one of await this.#expand(name, target)) await this.#includeOne(one, target, high, place);
  }

  async #includeOne(sls: string, env: string, high: High, place: Place): Promise<void> {
    if (this.#rendered.has(`${env}:${sls}`)) return;
    const { high: included, errors } = await this.#render(sls, env, place.matches);
    if (included !== undefined) {
      for (const [id, body] of included) if (!String(id).startsWith('__') && isDict(body)) noteIncluder(body as Body, place.sls);
      merge(high, included, place.errors);
    }
    place.errors.push(...errors);
  }

  async #environmentsWith(name: string, environments: readonly string[]): Promise<string[]> {
    const matches = globMatcher(name);
    const found: string[] = [];
    for (const env of environments) if ((await this.#source.available(env)).some(matches)) found.push(env);
    return found;
  }

  /** Gives every state the order of its definition, unless it has one of its own. */
  #number(high: High): void {
    for (const body of high.values()) {
      for (const [, args] of declarations(body)) {
        if (args.some((arg) => isDict(arg) && firstKey(arg as Dict) === 'order')) continue;
        args.push(new Map<Data, Data>([['order', this.#order++]]));
      }
    }
  }

  #dropRepeatedExtends(): void {
    const blocks = this.high.get('__extend__');
    if (!Array.isArray(blocks)) return;
    const unique: Dict[] = [];
    for (const block of blocks.filter(isDict)) {
      for (const [id, body] of block as Dict) {
        const one: Dict = new Map([[id, body]]);
        if (!unique.some((known) => equal(known, one))) unique.push(one);
      }
    }
    this.high.set('__extend__', unique);
  }
}

interface Place {
  readonly file: SlsFile;
  readonly sls: string;
  readonly env: string;
  readonly matches: Matches;
  readonly errors: string[];
}

/** `.x` and `..x` count from the package of the SLS they stand in. */
function absolute(name: string, { file, sls, env, errors }: Place): string | undefined {
  const [, dots = '', rest = ''] = /^(\.*)(.*)$/s.exec(name) ?? [];
  if (dots === '') return name;
  const parts = [...sls.split('.'), ...(file.name.endsWith('/init.sls') ? ['init'] : [])];
  if (dots.length > parts.length) {
    errors.push(`Attempted relative include of '${name}' within SLS '${env}:${sls}' goes beyond top level package `);
    return undefined;
  }
  return [...parts.slice(0, -dots.length), rest].join('.');
}

function unresolved(env: string, name: string, resolved: readonly string[], matches: Matches): string {
  if (resolved.length > 1) {
    return `Ambiguous include: Specified SLS ${env}: ${name} is available on the salt master in multiple available saltenvs: ${resolved.join(', ')}`;
  }
  const where = env === '_xenv' ? [...matches.keys()].join(', ') : env;
  return `Unknown include: Specified SLS ${env}: ${name} is not available on the salt master in saltenv(s): ${where} `;
}

function takeInclude(high: High, sls: string, errors: string[]): readonly Data[] {
  const include = high.get('include');
  if (include === undefined) return [];
  if (!Array.isArray(include)) {
    errors.push(`Include Declaration in SLS ${sls} is not formed as a list`);
    return [];
  }
  high.delete('include');
  return include;
}

function takeExtend(high: High, sls: string, env: string, errors: string[]): void {
  const extend = high.get('extend');
  if (extend === undefined) return;
  high.delete('extend');
  if (!isDict(extend)) {
    errors.push(`Extension value in SLS '${sls}' is not a dictionary`);
    return;
  }
  for (const [id, body] of extend as Dict) {
    if (!isDict(body)) errors.push(`Extension name '${str(id)}' in SLS '${sls}' is not a dictionary`);
    else noteOrigin(splitFunctions(body as Body), sls, env);
  }
  append(high, '__extend__', [extend as Dict]);
}

function takeExclude(high: High, sls: string, errors: string[]): void {
  const exclude = high.get('exclude');
  if (exclude === undefined) return;
  high.delete('exclude');
  if (!Array.isArray(exclude)) errors.push(`Exclude Declaration in SLS ${sls} is not formed as a list`);
  else append(high, '__exclude__', exclude);
}

function append(high: High, key: string, items: readonly Data[]): void {
  const known = high.get(key);
  if (Array.isArray(known)) known.push(...items);
  else high.set(key, [...items]);
}

function noteOrigin(body: Body, sls: string, env: string): void {
  if (!body.has('__sls__')) body.set('__sls__', sls);
  if (!body.has('__env__')) body.set('__env__', env);
}

function noteIncluder(body: Body, sls: string): void {
  const known = body.get('__sls_included_from__');
  if (Array.isArray(known)) known.push(sls);
  else body.set('__sls_included_from__', [sls]);
}

/** Brings every id into the one form: a map of state modules, each with a list that holds the function's name. */
function normalise(high: High, sls: string, env: string, errors: string[]): void {
  for (const [id, body] of high) {
    if (id === '__extend__' || id === '__exclude__') continue;
    if (typeof body === 'string' && body.includes('.')) {
      const [state = '', fun = ''] = body.split('.');
      high.set(
        id,
        new Map<Data, Data>([
          ['__sls__', sls],
          ['__env__', env],
          [state, [fun]],
        ]),
      );
    } else if (!isDict(body)) errors.push(`ID ${str(id)} in SLS ${sls} is not a dictionary`);
    else {
      if (hasDoubles(body as Body)) errors.push(`ID '${str(id)}' in SLS '${sls}' contains multiple state declarations of the same type`);
      noteOrigin(splitFunctions(body as Body), sls, env);
    }
  }
}

function hasDoubles(body: Body): boolean {
  const seen = new Set<string>();
  for (const [key, args] of body) {
    if (typeof key !== 'string' || key.startsWith('_') || !Array.isArray(args)) continue;
    const module = key.split('.')[0] ?? key;
    if (key.includes('.') && seen.has(module)) return true;
    seen.add(module);
  }
  return false;
}

/** `file.managed: [...]` is `file: [..., managed]`. */
function splitFunctions(body: Body): Body {
  const seen = new Set<Data>();
  for (const [key, args] of [...body]) {
    if (typeof key !== 'string' || key.startsWith('_')) continue;
    const dotted = key.includes('.');
    const [state = '', fun = ''] = key.split('.');
    if (dotted && args === null && !seen.has(state)) continue;
    if (!Array.isArray(args)) continue;
    if (dotted && !seen.has(state)) {
      body.delete(key);
      body.set(state, [...args, fun]);
    }
    seen.add(state);
  }
  return body;
}

/** Puts included data beside what is there. An id may be in both only if it is the same. */
function merge(high: High, added: High, errors: string[]): void {
  for (const key of ['__extend__', '__exclude__']) {
    const items = added.get(key);
    if (Array.isArray(items)) append(high, key, items);
    added.delete(key);
  }
  for (const [id, body] of added) {
    const known = high.get(id);
    if (known !== undefined && !equal(known, body)) {
      errors.push(
        `Detected conflicting IDs, SLS IDs need to be globally unique.\n    The conflicting ID is '${str(id)}' and is found in SLS '${origin(known)}' and SLS '${origin(body)}'`,
      );
    }
    high.set(id, body);
  }
}

const origin = (body: Data): string =>
  isDict(body) ? `${str((body as Body).get('__env__') ?? null)}:${str((body as Body).get('__sls__') ?? null)}` : '';
const stackOf = (error: unknown): string => `Traceback (most recent call last):\n${error instanceof Error ? (error.stack ?? '') : ''}`;
