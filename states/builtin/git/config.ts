import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { COMMON, fail, reason, wouldBe } from './repository.ts';

const KEY = { name: { type: 'any', required: true, doc: 'the key' } } as const;
const WHERE = { repo: { type: 'any', doc: 'the repository, unless `global`' }, ...COMMON } as const;
const SET = {
  ...KEY,
  value: { type: 'any', doc: 'its value' },
  multivar: { type: 'any', doc: 'its values: a list, or with commas between' },
  ...WHERE,
} as const;
const UNSET = { ...KEY, value_regex: { type: 'any', doc: 'only values that match this' }, ...WHERE } as const;
type SetArgs = ArgsOf<typeof SET>;
type UnsetArgs = ArgsOf<typeof UNSET>;
type Matches = Readonly<Record<string, readonly string[]>>;

/** Why this scope cannot be meant. */
function refused(ctx: StateCtx, known: readonly string[], repo: Returnable | undefined): string | undefined {
  const odd = Object.entries(ctx.extra).filter(([key]) => !known.includes(key) && !key.startsWith('__'));
  if (odd.length > 0)
    return `The following keyword arguments are not valid: ${odd.map(([key, value]) => `${key}=${String(value)}`).join(', ')}`;
  return !ctx.extra['global'] && !repo ? "Non-global config options require the 'repo' argument to be set" : undefined;
}

const scope = (ctx: StateCtx, { repo, user, password, output_encoding }: SetArgs | UnsetArgs): Record<string, Returnable> =>
  defined({ cwd: repo, user, password, output_encoding, global: Boolean(ctx.extra['global']) });

async function set(ctx: StateCtx, args: SetArgs): Promise<Verdict> {
  if (args.value != null && args.multivar != null) return fail("Only one of 'value' and 'multivar' is permitted");
  const unfit = refused(ctx, ['global'], args.repo);
  if (unfit !== undefined) return fail(unfit);
  if (args.value == null && args.multivar == null) throw new Error("One of 'value' and 'multivar' must be given");
  const value = args.value == null ? undefined : textOf(args.value);
  const multivar =
    args.multivar == null ? undefined : Array.isArray(args.multivar) ? args.multivar.map(textOf) : textOf(args.multivar).split(',');
  const desired = multivar ?? [value ?? ''];
  const shown = multivar === undefined ? `'${value}'` : `[${multivar.map((one) => `'${one}'`).join(', ')}]`;
  const key = textOf(args.name);
  const before = (await ctx.call('git.config_get', [key], { ...scope(ctx, args), all: true, ignore_retcode: true })) as
    | readonly string[]
    | null;
  const subject = `${ctx.extra['global'] ? 'Global key ' : ''}'${key}'`;
  if (before !== null && same(before, desired)) return inOrder(`${subject} is already set to ${shown}`);
  const how = before === null ? 'added as' : 'set to';
  return {
    predicted: wouldBe(`${subject} would be ${how} ${shown}`, { old: before, new: desired }),
    apply: async () => {
      const not = `Failed to set ${ctx.extra['global'] ? 'global key ' : ''}'${key}' to ${shown}`;
      let after: readonly string[];
      try {
        after = (await ctx.call('git.config_set', [key], { ...scope(ctx, args), ...defined({ value, multivar }) })) as readonly string[];
      } catch (error) {
        if (error instanceof CommandFailed) return fail(`${not}: ${reason(error)}`);
        throw error;
      }
      const changes = before !== null && same(before, after) ? {} : { [key]: { old: before, new: after } };
      return same(after, desired) ? inOrder(`${subject} was ${how} ${shown}`, changes) : fail(not, [], changes);
    },
  };
}

const textOf = (value: Returnable): string => (typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value));
const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one, index) => one === b[index]);

async function unset(ctx: StateCtx, args: UnsetArgs): Promise<Verdict> {
  const unfit = refused(ctx, ['global', 'all'], args.repo);
  if (unfit !== undefined) return fail(unfit);
  const name = textOf(args.name);
  const regex = args.value_regex == null ? undefined : textOf(args.value_regex);
  const matching = async (value_regex?: string): Promise<Matches> => {
    const key = `^${name.replace(/^\^+/, '').replace(/\$+$/, '')}$`;
    const how = { ...scope(ctx, args), ...defined({ value_regex }), ignore_retcode: true };
    return (await ctx.call('git.config_get_regexp', [key], how)) as Matches;
  };
  const matches = await matching(regex);
  if (Object.keys(matches).length === 0) return inOrder('No matching keys are set');
  const several = Object.entries(matches).filter(([, values]) => values.length > 1);
  if (!ctx.extra['all'] && several.length > 0)
    return fail(
      `${
        regex === undefined
          ? "Multivar(s) matched by the key expression (set 'all' to True to force removal)"
          : "Multiple values are matched by value_regex for the following keys (set 'all' to True to force removal)"
      }: ${listed(Object.fromEntries(several))}`,
    );
  return {
    predicted: wouldBe(`${Object.keys(matches).length} key(s) would have value(s) unset`, matches),
    apply: () => remove(ctx, args, { name, regex, matches, matching }),
  };
}

const listed = (matches: Matches): string =>
  Object.entries(matches)
    .map(([key, values]) => `${key} (${values.join(', ')})`)
    .join('; ');

interface Removal {
  readonly name: string;
  readonly regex: string | undefined;
  readonly matches: Matches;
  matching(regex?: string): Promise<Matches>;
}

async function remove(ctx: StateCtx, args: UnsetArgs, { name, regex, matches, matching }: Removal): Promise<Outcome> {
  const before = regex === undefined ? matches : await matching();
  const kept: string[] = [];
  for (const key of Object.keys(matches)) {
    try {
      await ctx.call('git.config_unset', [name], {
        ...scope(ctx, args),
        ...defined({ value_regex: regex }),
        all: Boolean(ctx.extra['all']),
      });
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      ctx.log.error(`'${key}' cannot be unset: ${reason(error)}`);
      kept.push(key);
    }
  }
  if (kept.length > 0)
    return fail(`Error(s) occurred unsetting values for the following keys (see the minion log for details): ${kept.join(', ')}`);
  const after = await matching();
  const gone = Object.entries(before).map(([key, values]): [string, string[]] => [key, values.filter((one) => !after[key]?.includes(one))]);
  const changes = Object.fromEntries(gone.filter(([, values]) => values.length > 0));
  const left = regex === undefined ? after : await matching(regex);
  return Object.keys(left).length > 0
    ? fail(`Failed to unset value(s): ${listed(left)}`, [], changes)
    : inOrder('Value(s) successfully unset', changes);
}

export const config_set = state({
  doc: 'A key of the configuration that has this value, or these values.',
  args: SET,
  extra: '`global`: that of the user',
  check: set,
});
export const config_unset = state({
  doc: 'A key of the configuration that is not set.',
  args: UNSET,
  extra: '`global`: that of the user; `all`: also where it has several values',
  check: unset,
});
