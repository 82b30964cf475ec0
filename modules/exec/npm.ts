import { tmpdir } from 'node:os';
import { CallRefused, CommandFailed, type Ctx, call, execModule, type Returnable } from '../define.ts';

const runas = { type: 'string', doc: 'the user to run npm as' } as const;
const env = { type: 'any', doc: 'environment variables: a map, or a list of maps' } as const;
const dir = { type: 'string', doc: 'the directory with node_modules; the packages of the whole system by default' } as const;
const path = { type: 'any', doc: 'a key of the cache; all of it by default' } as const;

interface As {
  readonly runas: string | undefined;
  readonly env: Returnable | undefined;
}
interface Ended {
  readonly retcode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables as one map, with those by which npm gives files that root writes to the user. */
async function variables(ctx: Ctx, { runas, env }: As): Promise<Record<string, Returnable>> {
  const maps = [env ?? []].flat().filter((one) => typeof one === 'object' && one !== null);
  const given: Record<string, Returnable> = Object.assign({}, ...maps);
  if (!runas) return given;
  const user = (await ctx.call('user.info', [runas])) as { readonly uid?: number };
  return user.uid ? { ...given, SUDO_UID: String(user.uid), SUDO_USER: '' } : given;
}

/** Runs npm, without a shell. `where` is undefined for the home of the user. */
async function npm(ctx: Ctx, as: As, words: readonly string[], where?: string, expectsFailure = false): Promise<Ended> {
  const variablesOfRun = await variables(ctx, as);
  const options: Record<string, Returnable> = { python_shell: false, env: variablesOfRun, ignore_retcode: expectsFailure };
  if (as.runas) options['runas'] = as.runas;
  if (where) options['cwd'] = where;
  return (await ctx.call('cmd.run_all', [['npm', ...words]], options)) as unknown as Ended;
}

/** The first JSON map or list within a text; undefined if there is none. npm may write notices around it. */
function jsonIn(text: string): Returnable | undefined {
  for (const { index } of text.matchAll(/[{[]/g)) {
    const end = endOfJson(text, index);
    try {
      if (end !== undefined) return JSON.parse(text.slice(index, end)) as Returnable;
    } catch (error) {
      // A bracket in a notice is no beginning of JSON: the next one may be.
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}

/** Where the bracket that opens at `start` is closed. */
function endOfJson(text: string, start: number): number | undefined {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;
  token.lastIndex = start;
  let depth = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0].startsWith('"')) continue;
    depth += found[0] === '{' || found[0] === '[' ? 1 : -1;
    if (depth === 0) return token.lastIndex;
  }
  return undefined;
}

function dependenciesIn(stdout: string): Returnable {
  try {
    return (JSON.parse(stdout) as { readonly dependencies?: Returnable }).dependencies ?? {};
  } catch {
    throw new CommandFailed(`npm list printed no JSON: ${JSON.stringify(stdout)}`);
  }
}

function depthWords(depth: Returnable | undefined): string[] {
  if (depth === null || depth === undefined) return [];
  const levels = typeof depth === 'string' || Array.isArray(depth) ? Number.NaN : Math.trunc(Number(depth));
  if (Number.isNaN(levels)) throw new CallRefused(`Error: depth ${String(depth)} must be a number`);
  return [`--depth=${levels}`];
}

/** Packages of Node.js, by npm. */
export default execModule({
  name: 'npm',
  doc: 'Packages of Node.js, by npm.',
  serves: (host) =>
    host.which('npm') !== undefined || 'npm execution module could not be loaded because the npm binary could not be located',
  calls: {
    install: call({
      doc: 'Install packages, or without any what the package.json of a directory asks for. Returns what npm tells of it.',
      examples: ["tsalt '*' npm.install coffee-script@1.0.1", "tsalt '*' npm.install dir=/srv/app runas=www-data"],
      args: {
        pkg: { type: 'string', doc: 'a package, as npm takes it: `name`, `name@version`, a directory, an archive' },
        pkgs: { type: 'list', doc: 'several of them' },
        dir,
        runas,
        registry: { type: 'string', doc: 'the registry to ask' },
        env,
        dry_run: { type: 'boolean', default: false, doc: 'only tell what would be done' },
        silent: { type: 'boolean', default: true, doc: 'without what npm says on its way' },
      },
      changes: true,
      async run(ctx, args) {
        const packages = args.pkg ? [args.pkg] : (args.pkgs ?? []).map(String);
        const words = [
          'install',
          '--json',
          ...(args.silent ? ['--silent'] : []),
          ...(args.dir ? [] : ['--global']),
          ...(args.registry ? [`--registry=${args.registry}`] : []),
          ...(args.dry_run ? ['--dry-run'] : []),
          ...packages,
        ];
        const ended = await npm(ctx, args, words, args.dir || tmpdir());
        if (ended.retcode !== 0) throw new CommandFailed(ended.stderr);
        const text = ended.stdout || ended.stderr;
        return jsonIn(text) ?? text;
      },
    }),
    uninstall: call({
      doc: 'Remove a package. False if npm fails, with the reason in the log.',
      examples: ["tsalt '*' npm.uninstall coffee-script"],
      args: { pkg: { type: 'string', required: true, doc: 'the package' }, dir, runas, env },
      changes: true,
      async run(ctx, args) {
        const ended = await npm(ctx, args, ['uninstall', args.pkg, ...(args.dir ? [] : ['--global'])], args.dir);
        if (ended.retcode !== 0) ctx.log.error(ended.stderr);
        return ended.retcode === 0;
      },
    }),
    list: call({
      doc: 'The installed packages by name, with version and what they depend on.',
      examples: ["tsalt '*' npm.list", "tsalt '*' npm.list dir=/srv/app depth=0"],
      args: {
        pkg: { type: 'string', doc: 'only this one' },
        dir,
        runas,
        env,
        depth: { type: 'any', doc: 'how many levels of dependencies are listed' },
      },
      changes: false,
      async run(ctx, args) {
        const words = ['list', '--json', '--silent', ...(args.dir ? [] : ['--global']), ...depthWords(args.depth)];
        if (args.pkg) words.push(args.pkg);
        const ended = await npm(ctx, args, words, args.dir, true);
        if (ended.retcode !== 0 && ended.stderr !== '') throw new CommandFailed(ended.stderr);
        return dependenciesIn(ended.stdout);
      },
    }),
    cache_clean: call({
      doc: 'Empty the cache; npm 5 and later want `force` for all of it. False if npm fails, with the reason in the log.',
      examples: ["tsalt '*' npm.cache_clean force=True"],
      args: { path, runas, env, force: { type: 'boolean', default: false, doc: 'yes, really' } },
      changes: true,
      async run(ctx, args) {
        const words = ['cache', 'clean', ...(args.path ? [String(args.path)] : []), ...(args.force ? ['--force'] : [])];
        const ended = await npm(ctx, args, words, undefined, true);
        if (ended.retcode !== 0) ctx.log.error(ended.stderr);
        return ended.retcode === 0;
      },
    }),
    cache_list: call({
      doc: 'What the cache holds, as npm prints it.',
      examples: ["tsalt '*' npm.cache_list"],
      args: { path, runas, env },
      changes: false,
      async run(ctx, args) {
        const ended = await npm(ctx, args, ['cache', 'ls', ...(args.path ? [String(args.path)] : [])], undefined, true);
        if (ended.retcode !== 0 && ended.stderr !== '') throw new CommandFailed(ended.stderr);
        return ended.stdout;
      },
    }),
    cache_path: call({
      doc: 'The directory of the cache.',
      examples: ["tsalt '*' npm.cache_path"],
      args: { runas, env },
      changes: false,
      async run(ctx, args) {
        const ended = await npm(ctx, args, ['config', 'get', 'cache'], undefined, true);
        return ended.stdout || ended.stderr;
      },
    }),
  },
});
