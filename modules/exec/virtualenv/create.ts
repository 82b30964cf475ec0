import { existsSync, statSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type ArgsOf, CommandFailed, type Ctx, type Returnable } from '../../define.ts';

const flag = (doc: string) => ({ type: 'boolean', default: false, doc }) as const;
const text = (doc: string) => ({ type: 'string', doc }) as const;
export const CREATE = {
  path: { type: 'string', required: true, doc: 'where it is made' },
  venv_bin: text(
    'the program: virtualenv, `venv`, or a python that has the module venv; `venv_bin` of the pillar or the minion by default',
  ),
  system_site_packages: flag('with what is installed in the system'),
  distribute: flag('with distribute; virtualenv before 1.10'),
  clear: flag('remove what is in it first'),
  python: text('the python it is for'),
  extra_search_dir: { type: 'any', doc: 'directories where virtualenv looks for packages: a list, or with commas between' },
  never_download: { type: 'boolean', doc: 'virtualenv downloads nothing; false: it does' },
  prompt: text('what the shell shows'),
  pip: flag('see to it that pip is in it'),
  symlinks: { type: 'boolean', doc: 'links rather than copies, by venv' },
  upgrade: { type: 'boolean', doc: 'for the python of now, by venv' },
  user: text('the user to do it as'),
  use_vt: flag('give the programs a terminal'),
  saltenv: { type: 'string', default: 'base', doc: 'the environment of salt:// files' },
} as const;
type Asked = ArgsOf<typeof CREATE>;
export interface Ended {
  readonly pid: number;
  readonly retcode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const isPython = (program: string): boolean => /^(python|pypy)[0-9.]*(\.exe)?$/i.test(basename(program));
const isWritten = (value: string | undefined): value is string => value !== undefined && value.trim() !== '';

function programOf(ctx: Ctx, asked: Asked): string {
  const told = asked.venv_bin ?? (ctx.pillar['venv_bin'] || ctx.config['venv_bin']);
  return told ? String(told) : (['virtualenv-3', 'virtualenv3', 'virtualenv'].find((name) => ctx.host.which(name) !== undefined) ?? 'venv');
}

/** Makes a virtual environment, and tells how the program ended. */
export async function create(ctx: Ctx, asked: Asked): Promise<Returnable> {
  const program = programOf(ctx, asked);
  const byModule = program === 'venv' || isPython(program);
  const words = byModule || program.includes('venv') ? venvWords(ctx, asked, program) : await virtualenvWords(ctx, asked, program);
  const common = [...(asked.clear ? ['--clear'] : []), ...(asked.system_site_packages ? ['--system-site-packages'] : []), asked.path];
  const wasThere = existsSync(asked.path);
  const ended = await run(ctx, asked.user, [...words, ...common], ctx.extra);
  if (ended.retcode === 0) return { ...(await complete(ctx, asked, ended, byModule || program.includes('venv'))) };
  // Half an environment would pass for a whole one the next time.
  if (!wasThere && statSync(asked.path, { throwIfNoEntry: false })?.isDirectory() === true)
    await rm(asked.path, { recursive: true, force: true });
  return { ...ended };
}

async function run(
  ctx: Ctx,
  user: string | undefined,
  argv: readonly string[],
  more: Readonly<Record<string, Returnable>>,
): Promise<Ended> {
  const options = { python_shell: false, ...(user ? { runas: user } : {}), ...more };
  return (await ctx.call('cmd.run_all', [argv], options)) as unknown as Ended;
}

const knownPython = (ctx: Ctx, name: string): string => {
  if (ctx.host.which(name) === undefined) throw new CommandFailed(`Cannot find requested python (${name}).`);
  return name;
};

const notSupported = (program: string, option: string): CommandFailed =>
  new CommandFailed(`The \`${option}\`(\`--${option.replaceAll('_', '-')}\`) option is not supported by '${program}'`);

function venvWords(ctx: Ctx, asked: Asked, program: string): string[] {
  const { python, extra_search_dir, prompt } = asked;
  const start = starting(ctx, asked, program);
  if (start.length === 1 && isWritten(python)) throw notSupported(program, 'python');
  if (extra_search_dir != null && !(typeof extra_search_dir === 'string' && extra_search_dir.trim() === ''))
    throw notSupported(program, 'extra_search_dir');
  if (asked.never_download !== undefined) throw notSupported(program, 'never_download');
  return [
    ...start,
    ...(asked.upgrade ? ['--upgrade'] : []),
    ...(asked.symlinks ? ['--symlinks'] : []),
    ...(isWritten(prompt) ? ['--prompt', prompt] : []),
  ];
}

function starting(ctx: Ctx, { python }: Asked, program: string): string[] {
  if (program === 'venv') return [isWritten(python) ? knownPython(ctx, python) : 'python3', '-m', 'venv'];
  if (!isPython(program)) return [program];
  if (isWritten(python)) throw new CommandFailed('Pass the target interpreter either as `venv_bin` or as `python`, not both.');
  return [knownPython(ctx, program), '-m', 'venv'];
}

async function virtualenvWords(ctx: Ctx, asked: Asked, program: string): Promise<string[]> {
  const { python, extra_search_dir, prompt, never_download } = asked;
  const odd = (['upgrade', 'symlinks'] as const).find((name) => asked[name] !== undefined);
  if (odd !== undefined) throw notSupported(program, odd);
  const version = await versionOf(ctx, program, asked.user, ctx.extra);
  const isFrom = (...least: readonly number[]): boolean => {
    const at = least.findIndex((number, index) => (version[index] ?? -1) !== number);
    return at < 0 || (version[at] ?? -1) > (least[at] ?? 0);
  };
  const dirs = typeof extra_search_dir === 'string' ? extra_search_dir.split(',').map((dir) => dir.trim()) : (extra_search_dir ?? []);
  const hadNever = isFrom(1, 10) && !isFrom(14, 0, 0);
  return [
    program,
    ...(asked.distribute && !isFrom(1, 10) ? ['--distribute'] : []),
    ...(isWritten(python) ? [`--python=${knownPython(ctx, python)}`] : []),
    ...(dirs as readonly Returnable[]).map((dir) => `--extra-search-dir=${String(dir)}`),
    ...(never_download === true && !hadNever ? ['--never-download'] : []),
    ...(never_download === false && isFrom(20, 0) ? ['--download'] : []),
    ...(isWritten(prompt) ? [`--prompt='${prompt}'`] : []),
  ];
}

/** The numbers of the version of virtualenv. */
export async function versionOf(
  ctx: Ctx,
  program: string,
  user: string | undefined,
  more: Readonly<Record<string, Returnable>>,
): Promise<number[]> {
  const argv = [program, '--version'];
  const ended = await run(ctx, user, argv, { redirect_stderr: true, ...more });
  const output = ended.stdout.trim();
  if (ended.retcode > 0 || output === '')
    throw new CommandFailed(
      `Unable to get the virtualenv version output using '${argv.join(' ')}'. It ended with ${ended.retcode}: ${output}`,
    );
  const version = output
    .split(/\s+/)
    .filter((word) => /^\d.\d*/.test(word))
    .join('')
    .replace(/(rc|\+ds).*$/, '');
  if (!/^\d+(\.\d+)*$/.test(version)) throw new Error(`The version of ${program} is not understood: ${output}`);
  return version.split('.').map(Number);
}

/** Sees to it that pip, and with old programs setuptools, are in a new environment, as asked. */
async function complete(ctx: Ctx, asked: Asked, ended: Ended, hasSetuptools: boolean): Promise<Ended> {
  const { path, pip, distribute } = asked;
  if ((pip || distribute) && !hasSetuptools && !existsSync(join(path, 'bin', 'easy_install'))) {
    await runScript(ctx, asked, 'https://bootstrap.pypa.io/ez_setup.py');
    const packed = (await readdir(path)).filter((name) => /^distribute-.*\.tar\.gz/.test(name));
    for (const name of packed) await rm(join(path, name), { force: true });
  }
  if (!pip || existsSync(join(path, 'bin', 'pip'))) return ended;
  const more = await runScript(ctx, asked, 'https://bootstrap.pypa.io/get-pip.py');
  const both = (key: 'stdout' | 'stderr'): string => `${ended[key]}\n${more[key]}`.trim();
  return { ...ended, retcode: more.retcode, stdout: both('stdout'), stderr: both('stderr') };
}

/** Fetches a script, and runs it by the python of the environment. */
async function runScript(ctx: Ctx, { path, user, saltenv, use_vt }: Asked, source: string): Promise<Ended> {
  const cached = await ctx.call('cp.cache_file', [source, saltenv]);
  if (typeof cached !== 'string' || cached === '') throw new CommandFailed(`${source} cannot be fetched`);
  const folder = await mkdtemp(join(tmpdir(), 'virtualenv-'));
  try {
    const script = join(folder, basename(source));
    await copyFile(cached, script);
    if (user) await ctx.call('file.chown', [folder, user, '']);
    if (user) await ctx.call('file.chown', [script, user, '']);
    return await run(ctx, user, [join(path, 'bin', 'python'), script], { cwd: path, env: { VIRTUAL_ENV: path }, use_vt });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
