import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { INSTALL } from '../../../modules/exec/pip/args.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { compareVersions, fulfills, parseVersion, type Specifier } from './pep440.ts';
import { readRequirement } from './requirement.ts';

const { disable_version_check: _, saltenv: __, ...TOLD } = INSTALL;
export const ARGS = {
  name: { type: 'string', required: true, doc: 'the package, unless `pkgs` names some' },
  ...TOLD,
  pkgs: { type: 'any', doc: 'a list of packages' },
  pip_bin: { type: 'string', doc: 'the former name of bin_env' },
  repo: { type: 'any', doc: 'not used' },
} as const;
type Args = ArgsOf<typeof ARGS>;

interface Package {
  /** As it was written. */
  readonly text: string;
  /** As indexes compare it; undefined when only pip will know it. */
  readonly name: string | undefined;
  readonly specifiers: readonly Specifier[];
}
type Versions = Readonly<Record<string, string>>;
interface Ended {
  readonly retcode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly comment?: string;
}

export async function installed(ctx: StateCtx, given: Args): Promise<Verdict> {
  const args = { ...given, bin_env: given.bin_env || given.pip_bin };
  if (args.pkgs && !Array.isArray(args.pkgs)) return failed('pkgs argument must be formatted as a list');
  const texts = (args.pkgs as readonly Returnable[] | undefined)?.length ? (args.pkgs as readonly Returnable[]).map(String) : [args.name];
  const more = { name: texts.join(';') };
  const verdict = await check(ctx, args, texts);
  if (!('predicted' in verdict)) return { ...verdict, more };
  const { predicted, apply } = verdict;
  return { predicted: { ...predicted, more }, apply: async () => ({ ...(await apply()), more }) };
}

async function check(ctx: StateCtx, args: Args, texts: readonly string[]): Promise<Verdict> {
  const unfit = await unfitVersion(ctx, args);
  if (unfit !== undefined) return failed(unfit);
  const bulk = Boolean(args.requirements) || Boolean(args.editable);
  const packages = bulk ? [] : await readAll(ctx, texts);
  if (typeof packages === 'string') return failed(packages);
  if (args.user && Object.keys(Object((await ctx.call('user.info', [args.user])) ?? {})).length === 0)
    return failed(`User ${args.user} does not exist`);
  return bulk ? bulkPlan(ctx, args) : packagesPlan(ctx, args, packages);
}

/** Why this pip cannot do what is asked for. */
async function unfitVersion(ctx: StateCtx, args: Args): Promise<string | undefined> {
  let version: string;
  try {
    version = String((await ctx.call('pip.version', [args.bin_env ?? null])) ?? 'None');
  } catch (error) {
    if (error instanceof CommandFailed) return `Error installing '${args.name}': ${error.message}`;
    throw error;
  }
  return unfitFor(version, args);
}

/** What an option needs of the version of pip, when it has it not. */
export function unfitFor(version: string, args: Pick<Args, 'use_wheel' | 'no_use_wheel' | 'no_binary'>): string | undefined {
  const meets = (specifiers: readonly Specifier[]): boolean => fulfills(version, specifiers);
  const wheels = meets([
    { operator: '>=', version: '1.4' },
    { operator: '<=', version: '9.0.3' },
  ]);
  const option = (['use_wheel', 'no_use_wheel'] as const).find((name) => args[name]);
  if (option !== undefined && !wheels)
    return `The '${option}' option is only supported in pip between 1.4 and 9.0.3. The version of pip detected was ${version}.`;
  return args.no_binary && !meets([{ operator: '>=', version: '7.0.0' }])
    ? `The 'no_binary' option is only supported in pip 7.0.0 and newer. The version of pip detected was ${version}.`
    : undefined;
}

/** The packages, or what is wrong with their names. */
async function readAll(ctx: StateCtx, texts: readonly string[]): Promise<readonly Package[] | string> {
  const complaints: string[] = [];
  const packages: Package[] = [];
  for (const text of texts) {
    try {
      const { name, specifiers } = readRequirement(text);
      packages.push({ text, name: name === undefined ? undefined : String(await ctx.call('pip.normalize', [name])), specifiers });
    } catch (error) {
      complaints.push(
        text.includes('=') && !text.includes('==')
          ? `Invalid version specification in package ${text}. '=' is not supported, use '==' instead.`
          : `pip raised an exception while parsing '${text}': ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  return complaints.length > 0 ? complaints.join('\n') : packages;
}

function bulkPlan(ctx: StateCtx, args: Args): Verdict {
  const { requirements, editable } = args;
  const told = [
    ...(requirements ? [`Requirements file '${shown(requirements)}' will be processed.`] : []),
    ...(editable ? [`Package will be installed in editable mode (i.e. setuptools "develop mode") from ${shown(editable)}.`] : []),
  ];
  return { predicted: { comment: told.join(' '), changes: {} }, apply: () => installBulk(ctx, args) };
}

const shown = (value: Returnable): string =>
  Array.isArray(value) ? `[${value.map((item) => `'${String(item)}'`).join(', ')}]` : String(value);

const UNCHANGED =
  /^\s*(Requirement already satisfied|Requirement already up-to-date|Requirement not upgraded|Collecting|Cloning|Cleaning up\.\.\.|Looking in indexes)/;

async function installBulk(ctx: StateCtx, args: Args): Promise<Outcome> {
  const { requirements, editable } = args;
  const ended = await install(ctx, args, '');
  if (ended.retcode !== 0) {
    const told = [
      ...(requirements ? [`Unable to process requirements file "${shown(requirements)}"`] : []),
      ...(editable ? [`Unable to install from VCS checkout ${shown(editable)}.`] : []),
    ];
    return failed([...told, errorOf(ended)].join(' '));
  }
  const changed = Boolean(requirements) && (ended.stdout ?? '').split('\n').some((line) => !UNCHANGED.test(line));
  const told = [
    ...(requirements
      ? [changed ? `Successfully processed requirements file ${shown(requirements)}.` : 'Requirements were already installed.']
      : []),
    ...(editable ? [`Package successfully installed from VCS checkout ${shown(editable)}.`] : []),
  ];
  return inOrder(told.join(' '), { ...(changed ? { requirements: true } : {}), ...(editable ? { editable: true } : {}) });
}

const errorOf = ({ stdout, stderr, comment }: Ended): string => (stdout === undefined ? `Error: ${comment}` : `Error: ${stdout} ${stderr}`);

async function packagesPlan(ctx: StateCtx, args: Args, packages: readonly Package[]): Promise<Verdict> {
  const versions = packages.some(({ name }) => name !== undefined) ? await list(ctx, args) : {};
  const there: string[] = [];
  const wanted: Package[] = [];
  for (const one of packages) {
    const told = await whyThere(ctx, args, one, versions);
    if (told === undefined) wanted.push(one);
    else there.push(told);
  }
  if (wanted.length === 0)
    return inOrder([...there, `All specified packages are already installed${args.upgrade ? ' and up-to-date' : ''}`].join('\n'));
  const comment =
    packages.length > 1
      ? ['Python package(s) set to be installed:', ...packages.map(({ text }) => text)].join('\n')
      : `Python package ${wanted[0]?.text} is set to be installed`;
  return { predicted: { comment, changes: {} }, apply: () => installPackages(ctx, args, packages, wanted, there) };
}

const where = ({ bin_env, user, cwd, env_vars }: Args): Record<string, Returnable> => defined({ bin_env, user, cwd, env_vars });

const list = async (ctx: StateCtx, args: Args, prefix?: string): Promise<Versions> =>
  (await ctx.call('pip.list', prefix === undefined ? [] : [prefix], where(args))) as Versions;

/** What to say of a package that is there as it should be; undefined when it is to be installed. */
async function whyThere(ctx: StateCtx, args: Args, { name, text, specifiers }: Package, versions: Versions): Promise<string | undefined> {
  const version = name === undefined ? undefined : versions[name];
  if (name === undefined || version === undefined || args.ignore_installed || args.force_reinstall) return undefined;
  const same = `Python package ${text} was already installed`;
  if (!args.upgrade) return fulfills(version, specifiers) ? same : undefined;
  const newest = await newestOf(ctx, args, name, specifiers);
  if (newest === undefined)
    return `Python package ${name} was already installed and\nthe available upgrade doesn't fulfills the version requirements`;
  const [has, wants] = [parseVersion(version), parseVersion(newest)];
  return has !== undefined && wants !== undefined && compareVersions(has, wants) === 0 ? same : undefined;
}

async function newestOf(ctx: StateCtx, args: Args, name: string, specifiers: readonly Specifier[]): Promise<string | undefined> {
  const { bin_env, user, cwd, index_url, extra_index_url } = args;
  const names = (mark: string): boolean => specifiers.some(({ version }) => version.includes(mark));
  const kinds = { include_alpha: names('a'), include_beta: names('b'), include_rc: names('rc') };
  const options = { ...kinds, ...defined({ bin_env, user, cwd, index_url, extra_index_url }) };
  const all = (await ctx.call('pip.list_all_versions', [name], options)) as readonly string[] | null;
  return all?.findLast((version) => fulfills(version, specifiers));
}

async function install(ctx: StateCtx, args: Args, pkgs: string): Promise<Ended> {
  const { name: _name, pkgs: _pkgs, pip_bin: _bin, repo: _repo, ...how } = args;
  const told = { ...defined(how), ...ctx.extra, saltenv: ctx.saltenv, disable_version_check: true };
  return (await ctx.call('pip.install', [pkgs], told)) as Ended;
}

async function installPackages(
  ctx: StateCtx,
  args: Args,
  packages: readonly Package[],
  wanted: readonly Package[],
  there: readonly string[],
): Promise<Outcome> {
  // The commas of a range of versions would part the packages.
  const texts = wanted.map(({ text }) => text.replaceAll(',', ';'));
  const ended = await install(ctx, args, texts.join(','));
  if (ended.retcode !== 0) return failed([...there, `Failed to install packages: ${texts.join(', ')}. ${errorOf(ended)}`].join('\n'));
  const satisfied = await alreadySatisfied(ctx, ended.stdout ?? '');
  const changes: Record<string, Returnable> = {};
  const unseen: string[] = [];
  for (const [index, { name }] of wanted.entries()) {
    if (name === undefined) {
      changes[`${texts[index]}==???`] = 'Installed';
      continue;
    }
    const found = await list(ctx, args, name);
    if (Object.keys(found).length === 0)
      unseen.push(`There was no error installing package '${packages.at(-1)?.text}' although it does not show when calling 'pip.freeze'.`);
    else if (name in found && !satisfied.includes(name)) changes[`${name}==${found[name]}`] = 'Installed';
  }
  return inOrder([...there, unseen.length > 0 ? unseen.join('\n') : 'All packages were successfully installed'].join('\n'), changes);
}

/** The packages of which pip says that there was nothing to do. */
async function alreadySatisfied(ctx: StateCtx, output: string): Promise<string[]> {
  const found = [...output.matchAll(/^Requirement already (?:satisfied|up-to-date): *([^\s=!<>~@]+)/gm)];
  return Promise.all(found.map(async ([, name = '']) => String(await ctx.call('pip.normalize', [name]))));
}
