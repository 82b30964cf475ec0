import { CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { needed, text } from './command.ts';
import { COMMON, type Given, git, refuseOthers, tryGit } from './run.ts';
import { linesOf } from './words.ts';

const KEY = { key: needed('the key: `user.name`') } as const;
const WHERE = { cwd: text('the repository, unless global'), ...COMMON } as const;

/** Whether the user's own configuration is meant. Throws CallRefused if neither that nor a repository is. */
const isGlobal = (ctx: Ctx, given: Given): boolean => {
  const wanted = Boolean(ctx.extra['global']);
  if (given.cwd === undefined && !wanted) throw new CallRefused("'cwd' argument required unless global=True");
  return wanted;
};
const scope = (all: boolean): string => (all ? '--global' : '--local');

const valuesOf = async (ctx: Ctx, given: Given, key: string, everywhere: boolean): Promise<string[] | null> => {
  const { retcode, stdout } = await tryGit(ctx, given, ['config', scope(everywhere), '--get-all', key]);
  return retcode === 1 ? null : linesOf(stdout);
};

const matching = (as: string) =>
  call({
    doc: 'All values of the keys that match, by key.',
    examples: [`tsalt '*' git.${as} '^user\\.' cwd=/path/to/repo`],
    args: { key: needed('a regular expression'), value_regex: text('one that values must match'), ...WHERE },
    extra: 'global: of the user, rather than of a repository',
    changes: false,
    async run(ctx, args) {
      refuseOthers(ctx, ['global', 'all']);
      const words = [
        'config',
        scope(isGlobal(ctx, args)),
        '--get-regexp',
        args.key,
        ...(args.value_regex === undefined ? [] : [args.value_regex]),
      ];
      const found: Record<string, string[]> = {};
      for (const line of linesOf((await tryGit(ctx, args, words)).stdout)) {
        const [, key, value] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
        if (key !== undefined && value !== undefined) found[key] = [...(found[key] ?? []), value];
      }
      return found;
    },
  });

export const config = {
  config_get: call({
    doc: 'The value of a key; None if it is not set.',
    examples: ["tsalt '*' git.config_get user.name cwd=/path/to/repo", "tsalt '*' git.config_get user.email global=True"],
    args: { ...KEY, ...WHERE },
    extra: 'all: a list of all values; global: of the user, rather than of a repository',
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      refuseOthers(ctx, ['all', 'global']);
      const values = await valuesOf(ctx, args, args.key, isGlobal(ctx, args));
      return ctx.extra['all'] || values === null ? values : (values.at(-1) ?? '');
    },
  }),
  config_get_regexp: matching('config_get_regexp'),
  config_get_regex: matching('config_get_regex'),
  config_set: call({
    doc: 'Set a key, and return all its values.',
    examples: [
      "tsalt '*' git.config_set user.email me@example.com cwd=/path/to/repo",
      "tsalt '*' git.config_set user.email foo@bar.com global=True",
    ],
    args: {
      ...KEY,
      value: { type: 'any', doc: 'the value' },
      multivar: { type: 'any', doc: 'several values: a list, or with commas between' },
      ...WHERE,
    },
    extra: 'add: one more value; global: of the user, rather than of a repository',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      refuseOthers(ctx, ['add', 'global']);
      const everywhere = isGlobal(ctx, args);
      if (args.value != null && args.multivar != null) throw new CallRefused("Only one of 'value' and 'multivar' is permitted");
      const several = Array.isArray(args.multivar) ? args.multivar.map(String) : String(args.multivar ?? '').split(',');
      const values = args.value == null ? several : [String(args.value)];
      for (const [index, value] of values.entries()) {
        const how = index > 0 || (args.value != null && ctx.extra['add']) ? '--add' : '--replace-all';
        await git(ctx, args, ['config', ...(everywhere ? ['--global'] : []), how, args.key, value]);
      }
      return valuesOf(ctx, args, args.key, everywhere);
    },
  }),
  config_unset: call({
    doc: 'Remove a key. True if that worked.',
    examples: ["tsalt '*' git.config_unset foo.bar cwd=/path/to/repo all=True"],
    args: { ...KEY, value_regex: text('only values that match'), ...WHERE },
    extra: 'all: also where it has several values; global: of the user, rather than of a repository',
    changes: true,
    async run(ctx, args) {
      refuseOthers(ctx, ['all', 'global']);
      const everywhere = isGlobal(ctx, args);
      const regex = args.value_regex === undefined ? [] : [args.value_regex];
      const words = ['config', ctx.extra['all'] ? '--unset-all' : '--unset', scope(everywhere), args.key, ...regex];
      const { retcode, stderr } = await tryGit(ctx, args, words);
      if (retcode === 0) return true;
      if (retcode === 1) throw new CommandFailed('Section or key is invalid');
      if (retcode === 6) throw new CommandFailed('The value_regex is invalid');
      if (retcode !== 5)
        throw new CommandFailed(
          `Failed to unset key '${args.key}', git config returned exit code ${retcode}${stderr === '' ? '' : `; ${stderr}`}`,
        );
      if ((await valuesOf(ctx, args, args.key, everywhere)) === null) throw new CommandFailed(`Key '${args.key}' does not exist`);
      const also = args.value_regex === undefined ? '' : ' and value_regex matches multiple values';
      throw new CommandFailed(`Multiple values exist for key '${args.key}'${also}`);
    },
  }),
};
