import { str } from '../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict } from '../../kernel/render/python/value.ts';
import { type Body, declarations, firstKey, type High, isNote } from './high.ts';
import { REQUISITE_KEYWORDS } from './keywords.ts';

/** Merges `extend` blocks into the ids they name. Answers what could not be, in Salt's words. */
export function reconcileExtend(high: High, strict = false): string[] {
  const blocks = high.get('__extend__');
  high.delete('__extend__');
  const errors: string[] = [];
  for (const block of Array.isArray(blocks) ? blocks : []) {
    if (!isDict(block)) continue;
    for (const [id, body] of block as Dict) if (isDict(body)) errors.push(...extendOne(high, id, body as Body, strict));
  }
  return errors;
}

function extendOne(high: High, id: Data, body: Body, strict: boolean): string[] {
  const target = targetOf(high, id, body, strict);
  if (target === undefined) {
    const [env, sls] = [str(body.get('__env__') ?? 'base'), str(body.get('__sls__') ?? 'base')];
    return [
      `Cannot extend ID '${str(id)}' in '${env}:${sls}'. It is not part of the high state.\nThis is likely due to a missing include statement or an incorrectly typed ID.\nEnsure that a state with an ID of '${str(id)}' is available\nin environment '${env}' and to SLS '${sls}'`,
    ];
  }
  if (isExcluded(high, body)) return [];
  for (const [state, run] of declarations(body)) {
    const known = target.get(state);
    if (Array.isArray(known)) mergeArguments(known, run);
    else target.set(state, run);
  }
  return [];
}

function targetOf(high: High, id: Data, body: Body, strict: boolean): Body | undefined {
  const state = [...body.keys()].find((key) => !isNote(key));
  const direct = high.get(id);
  if (state !== undefined && isDict(direct) && (direct as Body).has(state)) return direct as Body;
  const found = state === undefined ? [] : findName(id, str(state), high, strict);
  const named = found.length === 1 ? high.get(found[0]?.[0] ?? null) : undefined;
  return isDict(named) ? (named as Body) : undefined;
}

/** Ids (with a state module) that a name means: the id itself, all of an SLS, or ids with an argument of that value. */
export function findName(name: Data, state: string, high: High, strict: boolean): [Data, string][] {
  const direct = high.get(name);
  if (isDict(direct) && (!strict || (direct as Body).has(state))) return [[name, state]];
  const found: [Data, string][] = [];
  for (const [id, body] of high) {
    if (!isDict(body)) continue;
    if (state === 'sls') {
      if ((body as Body).get('__sls__') === name) found.push([id, str(firstKey(body as Body))]);
      continue;
    }
    const args = (body as Body).get(state);
    for (const arg of Array.isArray(args) ? args : []) {
      if (isDict(arg) && arg.size === 1 && (arg as Dict).get(firstKey(arg as Dict)) === name) found.push([id, state]);
    }
  }
  return found;
}

function isExcluded(high: High, body: Body): boolean {
  const exclude = high.get('__exclude__');
  const sls = body.get('__sls__');
  return (Array.isArray(exclude) ? exclude : []).some(
    (item) => item === sls || (isDict(item) && sls !== undefined && (item as Dict).get('sls') === sls),
  );
}

function mergeArguments(known: Data[], added: readonly Data[]): void {
  for (const arg of added) if (!mergeArgument(known, arg)) known.push(arg);
}

/** Whether an argument took the place of a known one, or was joined to it. */
function mergeArgument(known: Data[], arg: Data): boolean {
  let merged = false;
  for (const [index, old] of known.entries()) {
    if (typeof arg === 'string' && typeof old === 'string') {
      known[index] = arg;
      merged = true;
    }
    if (!isDict(arg) || !isDict(old)) continue;
    const [key, oldKey] = [firstKey(arg as Dict), firstKey(old as Dict)];
    if (key === oldKey) {
      const [ours, theirs] = [(old as Dict).get(key), (arg as Dict).get(key)];
      if (REQUISITE_KEYWORDS.has(str(key)) && Array.isArray(ours) && Array.isArray(theirs)) ours.push(...theirs);
      else known[index] = arg;
      merged = true;
    } else if (key === 'name' && oldKey === 'names') known[index] = arg;
  }
  return merged;
}
