import { repr, str } from '../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict, typeName } from '../../kernel/render/python/value.ts';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import { REQUISITE_KEYWORDS } from './keywords.ts';

/**
 * High data: ids, each with its state modules and their arguments, as SLS files hold them and `state.show_highstate`
 * shows them. Keys that begin with `__` are notes of the engine. It stays Python data up to the low chunks, because
 * whatever a user may have written must be reported in Salt's words.
 */
export type High = Map<Data, Data>;
export type Body = Dict;

export const isNote = (key: Data): boolean => typeof key === 'string' && key.startsWith('_');
/** The one key of a map of one argument. */
export const firstKey = (arg: Dict): Data => arg.keys().next().value ?? null;

/** The state modules of an id with their arguments. */
export function* declarations(body: Data): Generator<[string, Data[]]> {
  if (!isDict(body)) return;
  for (const [state, args] of body as Body) if (!isNote(state) && Array.isArray(args)) yield [state as string, args];
}

/** What is wrong with the form of high data, all of it, in Salt's words. */
export function verifyHigh(high: High): string[] {
  const errors: string[] = [];
  for (const [id, body] of high) {
    const sls = isDict(body) ? str((body as Body).get('__sls__') ?? null) : '';
    if (typeof id !== 'string') {
      errors.push(`ID '${str(id)}' in SLS '${sls}' is not formed as a string, but is type ${typeName(id)}. It may need to be quoted.`);
    } else if (id.startsWith('__')) continue;
    if (!isDict(body)) {
      errors.push(`The type ${str(id)} in ${str(body)} is not formatted as a dictionary`);
      continue;
    }
    for (const [state, args] of body as Body)
      if (!String(state).startsWith('__')) errors.push(...verifyState(str(id), sls, str(state), args));
  }
  return errors;
}

function verifyState(id: string, sls: string, state: string, args: Data): string[] {
  if (args === null) {
    return [
      `ID '${id}' in SLS '${sls}' contains a short declaration (${state}) with a trailing colon. When not passing any arguments to a state, the colon must be omitted.`,
    ];
  }
  if (!Array.isArray(args)) return [`State '${id}' in SLS '${sls}' is not formed as a list`];
  const errors: string[] = [];
  const funs = [...(state.includes('.') ? [state.slice(state.indexOf('.') + 1)] : []), ...args.filter((arg) => typeof arg === 'string')];
  for (const arg of args) {
    if (typeof arg === 'string' && arg.trim().includes(' ')) {
      errors.push(
        `The function "${arg}" in state "${id}" in SLS "${sls}" has whitespace, a function with whitespace is not supported, perhaps this is an argument that is missing a ":"`,
      );
    } else if (isDict(arg)) errors.push(...verifyArgument(id, sls, arg as Dict));
  }
  if (funs.length === 0) errors.push(`No function declared in state '${id}' in SLS '${sls}'`);
  if (funs.length > 1) {
    errors.push(`Too many functions declared in state '${id}' in SLS '${sls}'. Please choose one of the following: ${funs.join(', ')}`);
  }
  return errors;
}

function verifyArgument(id: string, sls: string, arg: Dict): string[] {
  const key = str(firstKey(arg));
  const value = arg.get(firstKey(arg)) ?? null;
  if (key === 'names' && !Array.isArray(value))
    return [`The 'names' argument in state '${id}' in SLS '${sls}' needs to be formed as a list`];
  if (!REQUISITE_KEYWORDS.has(key)) return [];
  const errors = Array.isArray(value)
    ? value.flatMap((requisite) => verifyRequisite(id, sls, requisite))
    : [`The ${key} statement in state '${id}' in SLS '${sls}' needs to be formed as a list`];
  if (arg.size !== 1) errors.push(`Multiple dictionaries defined in argument of state '${id}' in SLS '${sls}'`);
  return errors;
}

function verifyRequisite(id: string, sls: string, requisite: Data): string[] {
  if (typeof requisite === 'string') return [];
  if (!isDict(requisite) || requisite.size !== 1) {
    return [`Requisite declaration ${str(requisite)} in state ${id} in SLS ${sls} is not formed as a single key dictionary`];
  }
  const [key, value] = [...(requisite as Dict)][0] ?? [null, null];
  const errors: string[] = [];
  const kind = str(key);
  if (kind.includes('.')) {
    errors.push(
      `Invalid requisite type '${kind}' in state '${id}', in SLS '${sls}'. Requisite types must not contain dots, did you mean '${kind.split('.')[0]}'?`,
    );
  }
  if (Array.isArray(value) || isDict(value)) errors.push(`Illegal requisite "${repr(value)}" in SLS "${sls}", please check your syntax.\n`);
  return errors;
}

/** Takes out what `exclude` names, by SLS (globs) or id. */
export function applyExclude(high: High): void {
  const exclude = high.get('__exclude__');
  high.delete('__exclude__');
  if (!Array.isArray(exclude)) return;
  const byId = new Set<Data>();
  const bySls: ((sls: string) => boolean)[] = [];
  for (const item of exclude) {
    if (typeof item === 'string') bySls.push(globMatcher(item));
    if (!isDict(item) || item.size !== 1) continue;
    const dict = item as Dict;
    if (dict.has('sls')) bySls.push(globMatcher(str(dict.get('sls') ?? null)));
    if (dict.has('id')) byId.add(dict.get('id') ?? null);
  }
  for (const [id, body] of high) {
    const sls = isDict(body) ? (body as Body).get('__sls__') : undefined;
    if (byId.has(id) || (typeof sls === 'string' && bySls.some((matches) => matches(sls)))) high.delete(id);
  }
}
