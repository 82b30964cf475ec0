import { isMapping as isMap } from '../../../kernel/targeting/python.ts';
import type { Returnable } from '../../../modules/define.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import { failed, inOrder, type StateCtx, state } from '../../define.ts';
import { NAME, OTHERS, requisites } from './common.ts';

/** What was gathered for a file, by the name of the accumulator, and the ids that each is for. */
interface Gathered {
  readonly texts: Map<string, Returnable[]>;
  readonly receivers: Map<string, Set<string>>;
}

function gathered(ctx: StateCtx): Map<string, Gathered> {
  const known = ctx.shared.get('file');
  if (known instanceof Map) return known as Map<string, Gathered>;
  const made = new Map<string, Gathered>();
  ctx.shared.set('file', made);
  return made;
}

/** By accumulator what was gathered for `path`; undefined when nothing was. */
export const accumulators = (ctx: StateCtx, path: string): Readonly<Record<string, Returnable>> | undefined => {
  const found = gathered(ctx).get(path);
  return found === undefined ? undefined : Object.fromEntries(found.texts);
};

/** The texts meant for the state of this id, one after another; those for others only when none is. */
export function accumulatedLines(ctx: StateCtx, path: string): string[] {
  const found = gathered(ctx).get(path);
  if (found === undefined) return [];
  const meant = [...found.texts].filter(([name]) => found.receivers.get(name)?.has(ctx.chunk.id) === true);
  return (meant.length > 0 ? meant : [...found.texts]).flatMap(([, texts]) => texts.map(textOf));
}

export const accumulated = state({
  doc: 'Text that a later state of a file takes up: `file.managed` by its template, `file.blockreplace` as content.',
  args: {
    name: NAME,
    filename: { type: 'string', required: true, doc: 'the file' },
    text: { type: 'any', required: true, doc: 'a text or a list of texts' },
  },
  extra: OTHERS,
  check: async (ctx, { name, filename, text }) => {
    if (name === '') return failed('Must provide name to file.accumulated');
    const receivers = ['require_in', 'watch_in'].flatMap((key) => requisites(ctx, key));
    if (!receivers.some((one) => isMap(one) && 'file' in one)) {
      return failed(`Orphaned accumulator ${name} in ${ctx.chunk.sls}:${ctx.chunk.id}`);
    }
    const all = gathered(ctx);
    const mine = all.get(filename) ?? { texts: new Map(), receivers: new Map() };
    all.set(filename, mine);
    const ids = mine.receivers.get(name) ?? new Set();
    for (const one of receivers) if (isMap(one)) for (const id of Object.values(one)) ids.add(textOf(id as Returnable));
    mine.receivers.set(name, ids);
    const texts = mine.texts.get(name) ?? [];
    mine.texts.set(name, texts);
    const fresh = (Array.isArray(text) ? text : [text]).filter((one: Returnable) => !texts.includes(one));
    texts.push(...fresh);
    return inOrder(fresh.length === 0 ? '' : `Accumulator ${name} for file ${filename} was charged by text`);
  },
});
