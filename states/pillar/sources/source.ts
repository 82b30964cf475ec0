import type { Functions } from '../../../kernel/render/functions.ts';
import { type Data, type Dict, isDict, typeError } from '../../../kernel/render/python/value.ts';
import type { Log } from '../../../modules/define.ts';
import type { PillarRequest } from '../contract.ts';
import type { Options } from '../options.ts';
import type { GitPillars } from './git/pillars.ts';

/** What an external source of pillar may look at. */
export interface SourceParts {
  readonly request: PillarRequest;
  readonly options: Options;
  /** The environment pillar is limited to, if it is. */
  readonly pillarenv: string | undefined;
  /** As far as it is compiled; not to be altered. */
  readonly pillar: Dict;
  readonly functions: Functions;
  readonly log: Log;
  readonly git: GitPillars | undefined;
  /** Compiles the pillar files below these roots for the same minion, without external sources. */
  compile(roots: Readonly<Record<string, readonly string[]>>, env: string): Promise<Dict>;
}

/** An entry of `ext_pillar`. */
export interface Source {
  /** Names of its arguments in order; the first `required` of them must be given. */
  readonly args: readonly string[];
  readonly required?: number;
  /** Takes any number of arguments after these (`*args`), in `rest`. */
  readonly rest?: true;
  /** Takes arguments by any name (`**kwargs`). */
  readonly extra?: true;
  run(parts: SourceParts, given: Given): Promise<Data>;
}

export interface Given {
  readonly named: ReadonlyMap<string, Data>;
  readonly rest: readonly Data[];
}

/**
 * A map gives arguments by name, a list by place, anything else is the first one.
 * @throws PythonError in Python's words
 */
export function bindSource(source: Source, value: Data): Given {
  const given = isDict(value) ? byName(source, value as Dict) : byPlace(source, Array.isArray(value) ? value : [value]);
  const missing = source.args.slice(0, source.required ?? 0).filter((name) => !given.named.has(name));
  if (missing.length === 0) return given;
  const names = missing.map((name) => `'${name}'`);
  throw typeError(
    `ext_pillar() missing ${missing.length} required positional argument${missing.length === 1 ? '' : 's'}: ${names.join(' and ')}`,
  );
}

function byName({ args, extra }: Source, value: Dict): Given {
  const named = new Map<string, Data>();
  for (const [key, item] of value) {
    const name = String(key);
    if (extra !== true && !args.includes(name)) throw typeError(`ext_pillar() got an unexpected keyword argument '${name}'`);
    named.set(name, item);
  }
  return { named, rest: [] };
}

/** Python counts the minion's id and the pillar, too. */
function byPlace({ args, required = 0, rest }: Source, values: readonly Data[]): Given {
  if (rest !== true && values.length > args.length) {
    const takes = required === args.length ? `${args.length + 2}` : `from ${required + 2} to ${args.length + 2}`;
    throw typeError(`ext_pillar() takes ${takes} positional arguments but ${values.length + 2} were given`);
  }
  return {
    named: new Map(args.flatMap((name, at) => (at < values.length ? [[name, values[at] ?? null] as const] : []))),
    rest: values.slice(args.length),
  };
}
