import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';

/** One action, in Salt's low form: `state` (local, runner, wheel, caller), `fun`, `__id__`, `__sls__` and its arguments. */
export interface Compiled {
  readonly chunks: readonly Message[];
  /** With one of these nothing of the event is done. */
  readonly errors: readonly string[];
}

/** Older names of kinds. */
const ALIASES: Readonly<Record<string, string>> = { cmd: 'local' };

/** The actions of rendered SLS data, in the order in which Salt runs them. */
export function compileReactions(high: Message): Compiled {
  const errors: string[] = [];
  const chunks: Message[] = [];
  for (const [id, body] of Object.entries(high)) {
    if (id.startsWith('__')) continue;
    const sls = isMessage(body) ? String(body['__sls__'] ?? '') : '';
    const entries = typeof body === 'string' ? [[body, []] as const] : isMessage(body) ? Object.entries(body) : undefined;
    if (entries === undefined) errors.push(`The type ${id} in ${JSON.stringify(body)} is not formatted as a dictionary`);
    for (const [key, args] of entries ?? []) {
      if (key.startsWith('__')) continue;
      const found = chunksOf(id, sls, key, args);
      if (typeof found === 'string') errors.push(found);
      else chunks.push(...found);
    }
  }
  return { chunks: inOrder(chunks), errors };
}

/** `local.cmd.run: [...]`, or `local: [cmd.run, ...]`. A text is what is wrong. */
function chunksOf(id: string, sls: string, key: string, args: unknown): Message[] | string {
  const dot = key.indexOf('.');
  const kind = dot < 0 ? key : key.slice(0, dot);
  const items = args === null ? [] : args;
  if (!Array.isArray(items)) return `State '${id}' in SLS '${sls}' is not formed as a list`;
  const funs = [...(dot < 0 ? [] : [key.slice(dot + 1)]), ...items.filter((item) => typeof item === 'string')];
  if (funs.length === 0) return `No function declared in state '${id}' in SLS '${sls}'`;
  if (funs.length > 1) return `Too many functions declared in state '${id}' in SLS '${sls}': ${funs.join(', ')}`;
  const given: Record<string, unknown> = Object.assign(Object.create(null), ...items.filter(isMessage));
  const { state: _state, fun: _fun, names, ...rest } = given;
  const one = (name: string): Message => ({
    name,
    ...rest,
    state: ALIASES[kind] ?? kind,
    fun: funs[0],
    __id__: id,
    __sls__: sls,
  });
  return Array.isArray(names) ? names.map((name) => one(String(name))) : [one(id)];
}

const LAST = 1_000_000;

/** By `order` (a number, negative from the end, `first`, `last`), then by kind, name and function. */
function inOrder(chunks: readonly Message[]): Message[] {
  let cap = 1;
  for (const { order } of chunks) if (typeof order === 'number' && order > cap - 1 && order > 0) cap = order + 100;
  const placeOf = ({ order }: Message): number => {
    if (order === 'last') return cap + LAST;
    if (order === 'first') return 0;
    if (typeof order !== 'number') return cap;
    return order < 0 ? cap + LAST + order : order;
  };
  const nameOf = (chunk: Message): string => `${String(chunk['state'])}${String(chunk['name'])}${String(chunk['fun'])}`;
  const keyed = chunks.map((chunk) => ({ chunk, place: placeOf(chunk), name: nameOf(chunk) }));
  keyed.sort((a, b) => a.place - b.place || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return keyed.map(({ chunk }) => chunk);
}
