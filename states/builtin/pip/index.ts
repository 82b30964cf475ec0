import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { BIN_ENV, CWD, LINE, REQUIREMENTS, USE_VT, USER } from '../../../modules/exec/pip/args.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { ARGS, installed } from './installed.ts';

const WHERE = { ...BIN_ENV, ...USER, ...CWD } as const;

interface Where {
  readonly bin_env: string | undefined;
  readonly user: string | undefined;
  readonly cwd: string | undefined;
}
const whereOf = ({ bin_env, user, cwd }: Where): Record<string, Returnable> => defined({ bin_env, user, cwd });

async function removed(ctx: StateCtx, { name, ...how }: Where & { readonly name: string }): Promise<Verdict> {
  let packages: Readonly<Record<string, string>>;
  try {
    packages = (await ctx.call('pip.list', [], whereOf(how))) as Readonly<Record<string, string>>;
  } catch (error) {
    if (error instanceof CommandFailed) return failed(`Error uninstalling '${name}': ${error.message}`);
    throw error;
  }
  if (!Object.hasOwn(packages, name)) return inOrder('Package is not installed.');
  return {
    predicted: { comment: `Package ${name} is set to be removed`, changes: {} },
    apply: async () => {
      await ctx.call('pip.uninstall', [name], defined({ ...how }));
      return inOrder('Package was successfully removed.', { [name]: 'Removed' });
    },
  };
}

async function uptodate(ctx: StateCtx, args: Where & { readonly use_vt: boolean }): Promise<Verdict> {
  let outdated: Returnable;
  try {
    outdated = await ctx.call('pip.list_upgrades', [], whereOf(args));
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
  if (Object.keys(Object(outdated)).length === 0) return inOrder('System is already up-to-date.');
  return {
    predicted: { comment: 'System update will be performed', changes: {} },
    apply: async () => {
      const updated = (await ctx.call('pip.upgrade', [], { ...whereOf(args), use_vt: args.use_vt })) as unknown as Outcome;
      return updated.result === false ? updated : inOrder('Upgrade successful.', { ...updated });
    },
  };
}

/** Packages of Python, by pip. */
export default stateModule({
  name: 'pip',
  doc: 'Packages of Python, by pip.',
  states: {
    installed: state({
      doc: 'Packages that are installed, in versions that will do.',
      examples: ['flask:\n  pip.installed:\n    - bin_env: /opt/app\n    - upgrade: True'],
      args: ARGS,
      extra: 'options of cmd.run_all',
      check: installed,
    }),
    removed: state({
      doc: 'A package that is not installed.',
      args: {
        name: { type: 'string', required: true, doc: 'the package' },
        ...REQUIREMENTS,
        ...BIN_ENV,
        ...LINE,
        ...USER,
        ...CWD,
        ...USE_VT,
      },
      check: removed,
    }),
    uptodate: state({
      doc: 'All packages in their newest versions.',
      args: { name: { type: 'string', required: true, doc: 'any word' }, ...WHERE, ...USE_VT },
      check: uptodate,
    }),
  },
});
