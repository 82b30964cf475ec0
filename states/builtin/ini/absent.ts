import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx, state } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan } from '../machine/words.ts';
import { ARGS, CHANGED, fileOf, isTable, Prediction, type Table, UNCHANGED } from './common.ts';

type Args = ArgsOf<typeof ARGS>;
const NOTHING = 'No changes detected.';

/** The options of a section that are to go: a list; what is no list is taken apart as Salt does. */
const keysOf = (keys: Returnable): string[] => {
  if (typeof keys === 'string') return [...keys];
  if (Array.isArray(keys)) return keys.map((key: Returnable) => shown(key));
  if (isTable(keys)) return Object.keys(keys);
  throw new Error(`ini.options_absent: options must be a list, not ${shown(keys)}`);
};

async function optionsForeseen(ctx: StateCtx, args: Args): Promise<Outcome> {
  const said = new Prediction();
  const now = (await ctx.call('ini.get_ini', [], fileOf(args))) as Table;
  for (const [section, keys] of Object.entries((args.sections ?? {}) as Table)) {
    if (!Array.isArray(keys)) {
      const has = now[section] ?? '';
      const isThere = isTable(has) ? Object.keys(has).length > 0 : has !== '';
      said.line(isThere ? `Deleted key ${section}` : `Key ${section} does not exist`, isThere);
      continue;
    }
    const where = section === '' ? '' : ` in section ${section}`;
    const known = now[section] ?? {};
    if (!isTable(known) && keys.length > 0) throw new Error(`${section} is an option of ${args.name}, not a section`);
    const has: Table = isTable(known) ? known : {};
    for (const key of keysOf(keys))
      said.line(has[key] ? `Deleted key ${key}${where}` : `Key ${key}${where} does not exist`, Boolean(has[key]));
  }
  return said.outcome(NOTHING);
}

async function removeOptions(ctx: StateCtx, args: Args): Promise<Outcome> {
  const changes: Record<string, Returnable> = {};
  for (const [section, keys] of Object.entries((args.sections ?? {}) as Table)) {
    for (const option of keysOf(keys)) {
      const value = await ctx.call('ini.remove_option', [], { ...fileOf(args), section, option });
      if (!value) continue;
      changes[section] = Array.isArray(keys) ? { ...(changes[section] as Table | undefined), [option]: value } : value;
    }
  }
  return inOrder(Object.keys(changes).length > 0 ? CHANGED : UNCHANGED, changes);
}

async function sectionsForeseen(ctx: StateCtx, args: Args, names: readonly string[]): Promise<Outcome> {
  const said = new Prediction();
  const now = (await ctx.call('ini.get_ini', [], fileOf(args))) as Table;
  for (const name of names) said.line(name in now ? `Deleted section ${name}` : `Section ${name} does not exist`, name in now);
  return said.outcome(NOTHING);
}

async function removeSections(ctx: StateCtx, args: Args, names: readonly string[]): Promise<Outcome> {
  const changes: Record<string, Returnable> = {};
  for (const section of names) {
    const removed = await ctx.call('ini.remove_section', [], { ...fileOf(args), section });
    if (removed !== null && Object.keys(Object(removed)).length > 0) changes[section] = removed;
  }
  return inOrder(Object.keys(changes).length > 0 ? CHANGED : UNCHANGED, changes);
}

export const options_absent = state({
  doc: 'Options that are not there.',
  args: ARGS,
  check: async (ctx, args) => (ctx.testing ? await optionsForeseen(ctx, args) : plan('', () => removeOptions(ctx, args))),
});

export const sections_absent = state({
  doc: 'Sections that are not there.',
  args: { ...ARGS, sections: { type: 'any', doc: 'their names' } },
  check: async (ctx, args) => {
    const names = Array.isArray(args.sections) ? args.sections.map((name: Returnable) => shown(name)) : Object.keys(args.sections ?? {});
    return ctx.testing ? await sectionsForeseen(ctx, args, names) : plan('', () => removeSections(ctx, args, names));
  },
});
