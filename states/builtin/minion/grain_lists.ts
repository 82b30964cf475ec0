import { equal } from '../../../kernel/render/python/compare.ts';
import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { isTrue } from '../../../kernel/render/python/value.ts';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { grainAt, named, PLACE, pathOf } from './grain_paths.ts';

export const LISTING = {
  name: PLACE.name,
  value: { type: 'any', required: true, doc: 'one value, or a list of them' },
  delimiter: PLACE.delimiter,
} as const;
type Args = ArgsOf<typeof LISTING>;

/** `value in list` as Python has it. */
export const holds = (list: readonly Returnable[], value: Returnable): boolean =>
  list.some((item) => equal(fromPlain(item), fromPlain(value)));

/**
 * What earlier states of a trial would have put into this grain, so that the trial tells of each value once. States that are
 * carried out find it in the grain itself.
 */
function foreseenIn(ctx: StateCtx, path: string): Returnable[] {
  if (!ctx.testing) return [];
  const all = (ctx.shared.get('grains') ?? new Map()) as Map<string, Returnable[]>;
  ctx.shared.set('grains', all);
  const mine = all.get(path) ?? [];
  all.set(path, mine);
  return mine;
}

export async function listPresent(ctx: StateCtx, args: Args): Promise<Verdict> {
  const path = pathOf(args);
  const given = args.value ?? null;
  const now = await ctx.call('grains.get', [path]);
  const isThere = isTrue(fromPlain(now));
  if (isThere && !Array.isArray(now)) return named(path, failed(`Grain ${path} is not a valid list`));
  const foreseen = foreseenIn(ctx, path);
  const has = [...(isThere ? (now as readonly Returnable[]) : []), ...foreseen];
  const wanted: readonly Returnable[] = Array.isArray(given) ? given : [given];
  const isMissing = wanted.map((value, index) => !holds([...has, ...wanted.slice(0, index)], value));
  const missing = wanted.filter((_value, index) => isMissing[index] === true);
  const known = wanted.filter((_value, index) => isMissing[index] !== true);
  if (missing.length === 0) {
    const where = isThere ? `already in grain ${path} (or pending)` : `already pending in grain ${path}`;
    return named(path, inOrder(`Value ${shown(given)} is ${where}`));
  }
  foreseen.push(...missing);
  const value = Array.isArray(given) ? missing : given;
  const why = isThere ? `value found in "${path}" (or pending)` : `value already pending in "${path}"`;
  const before = known.length === 0 ? '' : `Removed value ${shown(known)} from update due to ${why}.\n`;
  const comment = isThere ? `Value ${shown(value)} is set to be appended to grain ${path}` : `Grain ${path} is set to be added`;
  return {
    predicted: { comment, changes: { new: now }, more: { name: path } },
    apply: async () => named(path, await add(ctx, path, value, before)),
  };
}

/** Puts values into the list. `before` is what the comment begins with. */
async function add(ctx: StateCtx, path: string, value: Returnable, before: string): Promise<Outcome> {
  const made = await ctx.call('grains.append', [path, value]);
  const now = await ctx.call('grains.get', [path]);
  const wanted: readonly Returnable[] = Array.isArray(value) ? value : [value];
  if (!Array.isArray(now) || wanted.some((one) => !holds(now, one))) return failed(`Failed append value ${shown(value)} to grain ${path}`);
  return inOrder(`${before}Append value ${shown(value)} to grain ${path}`, { new: made });
}

export async function listAbsent(ctx: StateCtx, args: Args): Promise<Verdict> {
  const path = pathOf(args);
  const now = await grainAt(ctx, path);
  if (now === undefined || !isTrue(fromPlain(now))) return named(path, inOrder(`Grain ${path} does not exist`));
  if (!Array.isArray(now)) return named(path, failed(`Grain ${path} is not a valid list`));
  const left = [...now];
  const given = args.value ?? null;
  const wanted: readonly Returnable[] = Array.isArray(given) ? given : [given];
  const steps = wanted.map((value) => {
    const at = left.findIndex((item) => holds([item], value));
    if (at >= 0 && !ctx.testing) left.splice(at, 1);
    return { value, goes: at >= 0 };
  });
  const deleted = steps.filter(({ goes }) => goes).map(({ value }) => value);
  const comment = (verb: string): string =>
    steps
      .map(({ value, goes }) => `Value ${shown(value)} ${goes ? verb.replace('GRAIN', path) : `is absent from grain ${path}`}`)
      .join('\n');
  if (deleted.length === 0) return named(path, inOrder(comment('')));
  return {
    predicted: { comment: comment('in grain GRAIN is set to be deleted'), changes: { deleted }, more: { name: path } },
    apply: async () => {
      for (const value of deleted) await ctx.call('grains.remove', [path, value]);
      return named(path, inOrder(comment('was deleted from grain GRAIN'), { deleted }));
    },
  };
}
