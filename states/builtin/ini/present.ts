import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx, state } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan } from '../machine/words.ts';
import { ARGS, CHANGED, fileOf, isTable, Prediction, type Table, UNCHANGED } from './common.ts';

const OPTIONS = {
  ...ARGS,
  strict: { type: 'boolean', default: false, doc: 'no other options, and no other sections' },
  no_spaces: { type: 'boolean', default: false, doc: 'no spaces around the separator, in the whole file' },
} as const;
type Args = ArgsOf<typeof OPTIONS>;

/** Options outside of sections, and sections. */
interface Parts {
  readonly options: Table;
  readonly sections: Readonly<Record<string, Table>>;
}
const partsOf = (table: Table): Parts => ({
  options: Object.fromEntries(Object.entries(table).filter(([, value]) => !isTable(value))),
  sections: Object.fromEntries(Object.entries(table).filter((entry): entry is [string, Table] => isTable(entry[1]))),
});
const without = (all: Table, wanted: Table): string[] => Object.keys(all).filter((key) => !(key in wanted));
const place = (section: string): string => (section === '' ? '' : ` in section ${section}`);

async function present(ctx: StateCtx, args: Args): Promise<Outcome> {
  const wanted = partsOf(isTable(args.sections) ? args.sections : {});
  if (ctx.testing && Object.keys(args.sections ?? {}).length === 0) return inOrder('');
  const now = partsOf((await ctx.call('ini.get_ini', [], fileOf(args))) as Table);
  return ctx.testing ? foreseen(args, wanted, now) : await settle(ctx, args, wanted, now);
}

function foreseen({ strict }: Args, wanted: Parts, now: Parts): Outcome {
  const said = new Prediction();
  const compare = (has: Table, should: Table, where: string): void => {
    for (const [option, value] of Object.entries(should)) {
      const isSame = option in has && shown(has[option] ?? null) === shown(value);
      said.line(`${isSame ? 'Unchanged' : 'Changed'} key ${option}${where}`, !isSame);
    }
  };
  compare(now.options, wanted.options, '');
  if (strict) {
    for (const option of without(now.options, wanted.options)) said.line(`Removed key ${option}`, true);
    for (const section of without(now.sections, wanted.sections)) said.line(`Removed section ${section}`, true);
  }
  for (const [section, options] of Object.entries(wanted.sections)) {
    const has = now.sections[section] ?? {};
    if (strict) for (const option of without(has, options)) said.line(`Deleted key ${option}${place(section)}`, true);
    compare(has, options, place(section));
  }
  return said.outcome();
}

async function settle(ctx: StateCtx, args: Args, wanted: Parts, now: Parts): Promise<Outcome> {
  const file = fileOf(args);
  const put = async (sections: Table): Promise<Table> =>
    (await ctx.call('ini.set_option', [], { ...file, sections, no_spaces: args.no_spaces })) as Table;
  const changes: Record<string, Returnable> = { ...(await put(wanted.options)) };
  if (args.strict) {
    for (const option of without(now.options, wanted.options)) {
      await ctx.call('ini.remove_option', [], { ...file, section: '', option });
      changes[option] = { before: now.options[option] ?? null, after: null };
    }
    for (const section of without(now.sections, wanted.sections)) {
      await ctx.call('ini.remove_section', [], { ...file, section });
      changes[section] = { before: now.sections[section] ?? null, after: null };
    }
  }
  for (const [section, options] of Object.entries(wanted.sections)) {
    const has = now.sections[section] ?? {};
    const gone = args.strict ? without(has, options) : [];
    for (const option of gone) await ctx.call('ini.remove_option', [], { ...file, section, option });
    const removed = Object.fromEntries(gone.map((option) => [option, { before: has[option] ?? null, after: null }]));
    changes[section] = { ...removed, ...((await put({ [section]: options }))[section] as Table | undefined) };
  }
  const told = Object.entries(changes).filter(([, body]) => Object.keys(Object(body)).length > 0);
  return inOrder(told.length > 0 ? CHANGED : UNCHANGED, Object.fromEntries(told));
}

export const options_present = state({
  doc: 'Options that have values.',
  examples: ['/etc/app.ini:\n  ini.options_present:\n    - sections:\n        server:\n          port: 8080'],
  args: OPTIONS,
  check: async (ctx, args) => (ctx.testing ? await present(ctx, args) : plan('', () => present(ctx, args))),
});

/** The names of sections that are told as a list, or as a map. */
const namesOf = (sections: Returnable | undefined): string[] =>
  Array.isArray(sections) ? sections.map((name: Returnable) => shown(name)) : Object.keys(sections ?? {});

async function sectionsPresent(ctx: StateCtx, args: ArgsOf<typeof ARGS>): Promise<Outcome> {
  const names = namesOf(args.sections);
  if (ctx.testing) {
    const now = (await ctx.call('ini.get_ini', [], fileOf(args))) as Table;
    const said = new Prediction();
    for (const name of names) said.line(name in now ? `Section unchanged ${name}` : `Created new section ${name}`, !(name in now));
    return said.outcome('No changes detected.');
  }
  const sections = Object.fromEntries(names.map((name) => [name, {}]));
  return inOrder(CHANGED, (await ctx.call('ini.set_option', [], { ...fileOf(args), sections })) as Table);
}

export const sections_present = state({
  doc: 'Sections that are there.',
  args: ARGS,
  check: async (ctx, args) => (ctx.testing ? await sectionsPresent(ctx, args) : plan('', () => sectionsPresent(ctx, args))),
});
