import { str } from '../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict } from '../../kernel/render/python/value.ts';
import { findName, reconcileExtend } from './extend.ts';
import { type Body, declarations, firstKey, type High, isNote } from './high.ts';

const TURNED = new Set(['require_in', 'watch_in', 'onfail_in', 'onchanges_in', 'use', 'use_in', 'prereq_in']);
/** Never copied by `use`. */
const NOT_USED = new Set([...TURNED, 'require', 'watch', 'prereq', 'onfail', 'onfail_stop', 'onchanges', 'name', 'names']);

/** Who says it: the id, its state module, its notes. */
interface Origin {
  readonly id: Data;
  readonly state: string;
  readonly body: Body;
  readonly args: readonly Data[];
}
type Extensions = Map<Data, Body>;

/** Rewrites `X_in` as `X` of the state it names, and `use` as the arguments it copies. Answers errors in Salt's words. */
export function turnRequisites(high: High): string[] {
  const extensions: Extensions = new Map();
  const errors: string[] = [];
  for (const [id, body] of high) {
    for (const [state, args] of declarations(body)) {
      for (const arg of args) {
        const key = isDict(arg) ? firstKey(arg as Dict) : null;
        if (typeof key !== 'string' || !TURNED.has(key)) continue;
        turn({ id, state, body: body as Body, args }, key, (arg as Dict).get(key) ?? null, high, extensions, errors);
      }
    }
  }
  high.set(
    '__extend__',
    [...extensions].map(([id, body]) => new Map([[id, body]]) as Dict),
  );
  errors.push(...reconcileExtend(high, true));
  return errors;
}

function turn(origin: Origin, key: string, items: Data, high: High, extensions: Extensions, errors: string[]): void {
  const kind = key.split('_')[0] ?? key;
  if (isDict(items)) {
    for (const [state, name] of items as Dict) {
      refuseDot(str(state), `${kind}: ${str(state)} for ${str(name)}`, origin, errors);
      addRequisite(extensions, name, str(state).split('.')[0] ?? '', kind, origin);
    }
    return;
  }
  let targets: [Data, string][] = [];
  for (const item of Array.isArray(items) ? items : []) {
    const found = targetsOf(item, high);
    if (found === undefined) continue;
    const { state, name } = found;
    // As in Salt, which takes those before it along once more: `state.show_lowstate` shows how often.
    targets = state === 'sls' ? found.targets : [...targets, ...found.targets];
    // Told, and yet taken as it stands: there is no such module to extend then, which is told, too.
    refuseDot(state, `${kind}: ${state} for ${str(name)},`, origin, errors);
    for (const [id, module] of targets) {
      if (key === 'use' || key === 'use_in') copyArguments(key, origin, id, module, high, extensions);
      else addRequisite(extensions, id, module, kind, origin);
    }
  }
}

function refuseDot(state: string, what: string, { body }: Origin, errors: string[]): void {
  if (!state.includes('.')) return;
  const sls = str(body.get('__sls__') ?? null);
  errors.push(`Invalid requisite in ${what} in SLS '${sls}'. Requisites must not contain dots, did you mean '${state.split('.')[0]}'?`);
}

interface Named {
  readonly state: string;
  readonly name: Data;
  /** Ids with their state modules: several of an SLS. */
  readonly targets: [Data, string][];
}

function targetsOf(item: Data, high: High): Named | undefined {
  if (!isDict(item)) {
    const named = targetOfBareName(item, high);
    return named === undefined ? undefined : { state: named[1], name: named[0], targets: [named] };
  }
  if (item.size === 0) return undefined;
  const state = str(firstKey(item as Dict));
  const name = (item as Dict).get(firstKey(item as Dict)) ?? null;
  return { state, name, targets: state === 'sls' ? idsOfSls(name, high) : [[name, state]] };
}

const idsOfSls = (sls: Data, high: High): [Data, string][] =>
  [...high].flatMap(([id, body]) =>
    isDict(body) && (body as Body).get('__sls__') === sls ? [...declarations(body)].map(([state]): [Data, string] => [id, state]) : [],
  );

function targetOfBareName(name: Data, high: High): [Data, string] | undefined {
  const direct = high.get(name);
  if (isDict(direct)) {
    const state = [...(direct as Body).keys()].find((key) => !isNote(key));
    return state === undefined ? undefined : [name, str(state)];
  }
  let found: [Data, string] | undefined;
  for (const [id, body] of high) {
    for (const [state, args] of declarations(body))
      if (args.some((arg) => isDict(arg) && (arg as Dict).get('name') === name)) found = [id, state];
  }
  return found;
}

function bodyOf(extensions: Extensions, id: Data): Body {
  const known = extensions.get(id) ?? new Map<Data, Data>();
  extensions.set(id, known);
  return known;
}

function listOf(body: Body, state: string): Data[] {
  const known = body.get(state);
  if (Array.isArray(known)) return known;
  const list: Data[] = [];
  body.set(state, list);
  return list;
}

function addRequisite(extensions: Extensions, name: Data, state: string, kind: string, origin: Origin): void {
  const body = bodyOf(extensions, name);
  const args = listOf(body, state);
  body.set('__env__', origin.body.get('__env__') ?? null);
  body.set('__sls__', origin.body.get('__sls__') ?? null);
  const pointer: Dict = new Map([[origin.state, origin.id]]);
  const known = args.find((arg) => isDict(arg) && firstKey(arg as Dict) === kind);
  const list = isDict(known) ? (known as Dict).get(kind) : undefined;
  if (Array.isArray(list)) list.push(pointer);
  else args.push(new Map<Data, Data>([[kind, [pointer]]]));
}

function copyArguments(key: string, origin: Origin, name: Data, state: string, high: High, extensions: Extensions): void {
  for (const [id, found] of findName(name, state, high, true)) {
    const other = high.get(id);
    const theirs = isDict(other) ? (other as Body).get(found) : undefined;
    if (!Array.isArray(theirs)) continue;
    const [from, to, toId, toState] = key === 'use' ? [theirs, origin.args, origin.id, origin.state] : [origin.args, theirs, id, found];
    const has = new Set(to.filter((arg) => isDict(arg) && arg.size === 1).map((arg) => firstKey(arg as Dict)));
    const list = listOf(bodyOf(extensions, toId), toState);
    for (const arg of from) {
      if (isDict(arg) && arg.size === 1 && !has.has(firstKey(arg as Dict)) && !NOT_USED.has(str(firstKey(arg as Dict))))
        list.push(arg as Data);
    }
  }
}
