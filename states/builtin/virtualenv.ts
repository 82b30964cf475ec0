import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type ArgsOf, CommandFailed, CommandNotFound, type Returnable } from '../../modules/define.ts';
import { INSTALL } from '../../modules/exec/pip/args.ts';
import { CREATE } from '../../modules/exec/virtualenv/create.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../define.ts';
import { defined } from './defined.ts';
import { unfitFor } from './pip/installed.ts';

const { path: _path, pip: _pip, symlinks: _links, upgrade: _upgrade, saltenv: _saltenv, ...MADE } = CREATE;
const { requirements, index_url, extra_index_url, pre_releases, no_deps, proxy, env_vars, no_binary } = INSTALL;
const { use_wheel, no_use_wheel, process_dependency_links, cwd } = INSTALL;

/** Arguments of pip that the state has by another name. */
const OF_PIP = {
  pip_download: 'download',
  pip_download_cache: 'download_cache',
  pip_exists_action: 'exists_action',
  pip_ignore_installed: 'ignore_installed',
  pip_upgrade: 'upgrade',
  pip_no_cache_dir: 'no_cache_dir',
  pip_cache_dir: 'cache_dir',
} as const;

const ARGS = {
  name: { type: 'string', required: true, doc: 'where it is' },
  ...MADE,
  requirements,
  use_wheel,
  no_use_wheel,
  no_binary,
  cwd,
  index_url,
  extra_index_url,
  pre_releases,
  no_deps,
  proxy,
  env_vars,
  process_dependency_links,
  pip_pkgs: { type: 'any', doc: 'packages that pip installs in it' },
  pip_download: INSTALL.download,
  pip_download_cache: INSTALL.download_cache,
  pip_exists_action: INSTALL.exists_action,
  pip_ignore_installed: INSTALL.ignore_installed,
  pip_upgrade: INSTALL.upgrade,
  pip_no_cache_dir: INSTALL.no_cache_dir,
  pip_cache_dir: INSTALL.cache_dir,
} as const;
type Args = ArgsOf<typeof ARGS>;
interface Ended {
  readonly retcode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function managed(ctx: StateCtx, given: Args): Promise<Verdict> {
  const { name, clear } = given;
  const fetched = await fetchedRequirements(ctx, given.requirements);
  if (fetched === false) return failed(`pip requirements file '${String(given.requirements)}' not found`);
  const args = { ...given, requirements: fetched };
  const isThere = existsSync(join(name, 'bin', 'python'));
  if (isThere && !clear) {
    const apply = (): Promise<Outcome> => fill(ctx, args, 'virtualenv exists', {});
    return { predicted: { result: true, comment: `Virtualenv ${name} is already created`, changes: {} }, apply };
  }
  const before = isThere
    ? { cleared_packages: await ctx.call('pip.freeze', [], { bin_env: name }), old: await pythonVersion(ctx, name) }
    : {};
  const comment = `Virtualenv ${name} is set to be ${isThere ? 'cleared' : 'created'}`;
  return { predicted: { comment, changes: before }, apply: () => make(ctx, args, before) };
}

/** The requirements, from the master if they are there; false when they are not. */
async function fetchedRequirements(ctx: StateCtx, given: Returnable | undefined): Promise<Returnable | undefined | false> {
  if (typeof given !== 'string' || !given.startsWith('salt://')) return given;
  const path = await ctx.call('cp.cache_file', [given, ctx.saltenv]);
  return typeof path === 'string' && path !== '' ? path : false;
}

const pythonVersion = async (ctx: StateCtx, name: string): Promise<string> =>
  String(await ctx.call('cmd.run_stderr', [`${name}/bin/python -V`])).replace(/^\n+|\n+$/g, '');

async function make(ctx: StateCtx, args: Args, before: Readonly<Record<string, Returnable>>): Promise<Outcome> {
  const { name, clear } = args;
  const how = Object.fromEntries(Object.keys(MADE).map((key) => [key, args[key as keyof typeof MADE]]));
  let ended: Ended;
  try {
    ended = (await ctx.call('virtualenv.create', [name], { ...defined(how), ...ctx.extra })) as unknown as Ended;
  } catch (error) {
    if (error instanceof CommandNotFound) return failed(`Failed to create virtualenv: ${error.message}`, before);
    throw error;
  }
  if (ended.retcode !== 0) return failed(ended.stdout + ended.stderr, before);
  const changes = { ...before, new: await pythonVersion(ctx, name) };
  return fill(ctx, args, clear ? 'Cleared existing virtualenv' : 'Created new virtualenv', changes);
}

/** Installs what was asked for in an environment that is there. */
async function fill(ctx: StateCtx, args: Args, comment: string, changes: Readonly<Record<string, Returnable>>): Promise<Outcome> {
  const { name, user, use_vt } = args;
  if (args.use_wheel || args.no_use_wheel || args.no_binary) {
    const unfit = unfitFor(String((await ctx.call('pip.version', [], { bin_env: name })) ?? 'None'), args);
    if (unfit !== undefined) return failed(unfit, changes);
  }
  if (!args.requirements && !args.pip_pkgs) return inOrder(comment, changes);
  let before: readonly string[];
  try {
    before = await frozen(ctx, defined({ bin_env: name, user, use_vt }));
  } catch (error) {
    if (error instanceof CommandFailed) return failed(error.message, changes);
    throw error;
  }
  const ended = (await ctx.call('pip.install', [], pipArguments(ctx, args))) as unknown as Ended;
  const after = await frozen(ctx, { bin_env: name });
  const added = after.filter((line) => !before.includes(line));
  const gone = before.filter((line) => !after.includes(line));
  const packages = { new: added.length > 0 ? added : '', old: gone.length > 0 ? gone : '' };
  return {
    result: ended.retcode === 0,
    comment: ended.retcode > 0 ? `${comment}\n${ended.stdout}\n${ended.stderr}` : comment,
    changes: added.length + gone.length > 0 ? { ...changes, packages } : changes,
  };
}

const frozen = async (ctx: StateCtx, where: Readonly<Record<string, Returnable>>): Promise<readonly string[]> =>
  (await ctx.call('pip.freeze', [], where)) as readonly string[];

function pipArguments(ctx: StateCtx, args: Args): Record<string, Returnable> {
  const same = Object.fromEntries(Object.keys(INSTALL).map((key) => [key, key in args ? args[key as keyof Args] : undefined]));
  const renamed = Object.entries(OF_PIP).map(([key, name]): [string, Returnable | undefined] => [name, args[key as keyof Args]]);
  const first = [args.requirements ?? []].flat()[0];
  const file = typeof first === 'string' ? first.split(',')[0] : undefined;
  // Files that the requirements name are looked for beside them.
  const cwd = file !== undefined && file !== resolve(file) ? dirname(resolve(file)) : args.cwd;
  return { ...defined({ ...same, ...Object.fromEntries(renamed), cwd, bin_env: args.name, pkgs: args.pip_pkgs }), ...ctx.extra };
}

const DEFINITION = state({
  doc: 'A virtual environment of Python that is there, with packages in it.',
  examples: ['/opt/app:\n  virtualenv.managed:\n    - requirements: salt://app/requirements.txt'],
  args: ARGS,
  extra: 'options of cmd.run_all',
  check: managed,
});

/** Virtual environments of Python. */
export default stateModule({
  name: 'virtualenv',
  doc: 'Virtual environments of Python.',
  states: { managed: DEFINITION, manage: DEFINITION },
});
