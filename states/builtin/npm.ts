import { type ArgsOf, CommandFailed, type Returnable } from '../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../define.ts';
import { defined } from './defined.ts';
import { plan } from './machine/words.ts';

const USER = { type: 'string', doc: 'the user to run npm as' } as const;
const DIR = { type: 'string', doc: 'the directory with node_modules; the packages of the whole system by default' } as const;
const INSTALLED = {
  name: { type: 'string', required: true, doc: 'the package: `name` or `name@version`, unless `pkgs` names some' },
  pkgs: { type: 'list', doc: 'several packages, installed at once' },
  dir: DIR,
  user: USER,
  force_reinstall: { type: 'boolean', default: false, doc: 'install again what is there' },
  registry: { type: 'string', doc: 'the registry to ask' },
  env: { type: 'any', doc: 'environment variables: a map, or a list of maps' },
} as const;

interface Package {
  readonly version?: string;
  /** Where it came from, as releases of npm before 7 name it, and since then. */
  readonly from?: string;
  readonly resolved?: string;
}
type Packages = Readonly<Record<string, Package>>;
type Words = Readonly<Record<string, Returnable>>;

/** What a call answers, or a failure that begins with what was tried. */
async function orFailed<T>(tried: string, act: () => Promise<T>): Promise<T | string> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CommandFailed) return `${tried}: ${error.message}`;
    throw error;
  }
}

const listed = (ctx: StateCtx, where: Readonly<Record<string, Returnable | undefined>>): Promise<Packages> =>
  ctx.call('npm.list', [], defined({ ...where, depth: 0 })) as unknown as Promise<Packages>;

/** `name@version` of a package that is there as it should be; undefined when it is to be installed. */
function whatThere(text: string, packages: Packages): string | undefined {
  const [, name = '', version] = /^(@?[^@\s]+)(?:@(\S+))?/.exec(text) ?? [];
  if (text.includes('://')) {
    const address = (url = ''): string => url.split('://')[1]?.replace(/\.git(?=#|$)/, '') ?? '';
    const found = Object.entries(packages).find(([, one]) => [one.from, one.resolved].some((url) => address(url) === address(text)));
    return found && `${found[0]}@${found[1].version}`;
  }
  const there = packages[name]?.version;
  return there !== undefined && (version === undefined || version === there) ? `${name}@${there}` : undefined;
}

async function installed(ctx: StateCtx, args: ArgsOf<typeof INSTALLED>): Promise<Verdict> {
  const { name, dir, user, env, registry } = args;
  const wanted = args.pkgs?.length ? args.pkgs.map(String) : [name];
  const packages = await orFailed(`Error looking up '${name}'`, () => listed(ctx, { dir, runas: user, env }));
  if (typeof packages === 'string') return failed(packages);
  const found = new Map(wanted.map((one) => [one, args.force_reinstall ? undefined : whatThere(one, packages)]));
  const missing = wanted.filter((one) => found.get(one) === undefined);
  const satisfied = [...found.values()].filter((one) => one !== undefined);
  const told = `Package(s) '${wanted.join(', ')}' satisfied by ${satisfied.join(', ')}`;
  if (missing.length === 0) return inOrder(told);
  const changes = { old: [], new: missing };
  const comment = [`NPM package(s) '${missing.join(', ')}' are set to be installed`, ...(satisfied.length > 0 ? [told] : [])].join('. ');
  return {
    predicted: { comment, changes },
    apply: async () => {
      const words = defined({ dir, runas: user, registry, env, pkgs: wanted });
      const failure = await orFailed(`Error installing '${wanted.join(', ')}'`, () => ctx.call('npm.install', [], words));
      if (typeof failure === 'string' && failure.startsWith('Error installing')) return failed(failure);
      return inOrder(`Package(s) '${missing.join(', ')}' successfully installed`, changes);
    },
  };
}

async function removed(ctx: StateCtx, name: string, dir?: string, user?: string): Promise<Verdict> {
  const packages = await orFailed(`Error uninstalling '${name}'`, () => listed(ctx, { dir, runas: user }));
  if (typeof packages === 'string') return failed(packages);
  if (!Object.hasOwn(packages, name)) return inOrder(`Package '${name}' is not installed`);
  return plan(`Package '${name}' is set to be removed`, async () =>
    (await ctx.call('npm.uninstall', [], defined({ pkg: name, dir, runas: user }))) === true
      ? inOrder(`Package '${name}' was successfully removed`, { [name]: 'Removed' })
      : failed(`Error removing package '${name}'`),
  );
}

/** npm that found nothing to do tells nothing, or counts of nothing. */
const isNothing = (told: Returnable): boolean =>
  !told || (isMap(told) && ['added', 'removed', 'changed'].every((count) => (told[count] ?? 0) === 0));
const isMap = (value: Returnable): value is Words => typeof value === 'object' && value !== null && !Array.isArray(value);

async function bootstrap(ctx: StateCtx, name: string, silent: boolean, user?: string): Promise<Verdict> {
  const words = defined({ dir: name, runas: user });
  const install = (more: Words): Promise<{ told: Returnable } | string> =>
    orFailed(`Error Bootstrapping '${name}'`, async () => ({ told: await ctx.call('npm.install', [], { ...words, ...more }) }));
  // A silent npm does not tell what it would do.
  const tried = await install({ dry_run: true, silent: false });
  if (typeof tried === 'string') return failed(tried);
  if (isNothing(tried.told)) return inOrder(`${name} is already bootstrapped`);
  return {
    predicted: { comment: `${name} is set to be bootstrapped`, changes: { old: [], new: tried.told } },
    apply: async (): Promise<Outcome> => {
      const done = await install({ silent });
      if (typeof done === 'string') return failed(done);
      if (typeof done.told === 'string' && done.told !== '')
        return failed(`Could not bootstrap directory: npm printed ${JSON.stringify(done.told)}`);
      return inOrder('Directory was successfully bootstrapped', { [name]: 'Bootstrapped' });
    },
  };
}

/** The keys of the cache that are about a package: what a registry says of it, archives by address, and by name and version. */
function keysOf(name: string, keys: readonly string[]): string[] {
  const endings = [`/${name}`, `/${name.replace('/', '%2f')}`];
  return keys.filter(
    (key) => key.startsWith(`pacote:tarball:${name}@`) || key.includes(`/${name}/-/`) || endings.some((ending) => key.endsWith(ending)),
  );
}

async function cacheCleaned(ctx: StateCtx, name: string | undefined, force: boolean, user?: string): Promise<Verdict> {
  const what = name || 'packages';
  const as = defined({ runas: user });
  const listing = await orFailed(`Error looking up cached ${what}`, async () => ({ text: await ctx.call('npm.cache_list', [], as) }));
  if (typeof listing === 'string') return failed(listing);
  const keys = String(listing.text).split('\n').filter(Boolean);
  const paths = name ? keysOf(name, keys) : keys.length > 0 ? [undefined] : [];
  if (paths.length === 0) return inOrder(name ? `Package ${name} is not in the cache` : 'The cache is empty');
  return plan(`Cached ${what} set to be removed`, async () => {
    for (const path of paths)
      if ((await ctx.call('npm.cache_clean', [], { ...as, ...defined({ path }), force })) !== true)
        return failed(`Error cleaning cached ${what}`);
    return inOrder(`Cached ${what} successfully removed`, { [name || 'cache']: 'Removed' });
  });
}

/** Packages of Node.js, by npm. */
export default stateModule({
  name: 'npm',
  doc: 'Packages of Node.js, by npm.',
  serves: (host) => host.which('npm') !== undefined || "'npm' binary not found on system",
  states: {
    installed: state({
      doc: 'Packages that are installed, in the versions that are told.',
      examples: ['coffee-script@1.0.1:\n  npm.installed:\n    - dir: /srv/app\n    - user: www-data'],
      args: INSTALLED,
      check: installed,
    }),
    removed: state({
      doc: 'A package that is not installed.',
      args: { name: { type: 'string', required: true, doc: 'the package' }, dir: DIR, user: USER },
      check: (ctx, { name, dir, user }) => removed(ctx, name, dir, user),
    }),
    bootstrap: state({
      doc: 'A directory in which all is installed that its package.json asks for.',
      examples: ['/srv/app:\n  npm.bootstrap:\n    - user: www-data'],
      args: {
        name: { type: 'string', required: true, doc: 'the directory' },
        user: USER,
        silent: { type: 'boolean', default: true, doc: 'without what npm says on its way' },
      },
      check: (ctx, { name, user, silent }) => bootstrap(ctx, name, silent, user),
    }),
    cache_cleaned: state({
      doc: 'A cache that does not have a package, or with `name: null` nothing at all.',
      args: {
        name: { type: 'string', doc: 'the package' },
        user: USER,
        force: { type: 'boolean', default: false, doc: 'npm 5 and later want it for the whole cache' },
      },
      check: (ctx, { name, user, force }) => cacheCleaned(ctx, name, force, user),
    }),
  },
});
