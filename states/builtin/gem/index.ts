import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { plan } from '../machine/words.ts';
import { meetsGemRequirement } from './requirement.ts';

const NAME = { type: 'string', required: true, doc: 'the gem' } as const;
const URL = { type: 'string', required: true, doc: 'the URL of the source' } as const;
const RUBY = { type: 'string', doc: 'not used: neither RVM nor rbenv is asked; name the program by gem_bin' } as const;
const USER = { type: 'string', doc: 'the user to run gem as' } as const;
const BIN = { type: 'string', doc: 'the path of the program gem' } as const;
const INSTALLED = {
  name: NAME,
  ruby: RUBY,
  gem_bin: BIN,
  user: USER,
  version: { type: 'string', doc: 'the version: `1.2`, `>= 1.2`, `~> 1.2`' },
  rdoc: { type: 'boolean', default: false, doc: 'make RDoc documentation' },
  ri: { type: 'boolean', default: false, doc: 'make RI documentation' },
  pre_releases: { type: 'boolean', default: false, doc: 'versions before a release are taken too' },
  proxy: { type: 'string', doc: 'an HTTP proxy: http://hostname[:port]' },
  source: { type: 'string', doc: 'where the gem is looked for' },
} as const;

type Versions = Readonly<Record<string, readonly string[]>>;

/** The installed versions of a gem, the newest first. gem marks those that come with Ruby. */
async function versionsOf(ctx: StateCtx, name: string, how: Record<string, Returnable>): Promise<string[] | undefined> {
  // gem takes what it is given for how names begin.
  const gems = (await ctx.call('gem.list', [name], how)) as Versions;
  return Object.hasOwn(gems, name) ? gems[name]?.map((version) => version.replace('default: ', '').trim()) : undefined;
}

/** The state of a plan that a call of `gem` carries out; what gem complains of stands behind `failure`. */
async function done(call: () => Promise<Returnable>, failure: string, outcome: Outcome): Promise<Outcome> {
  try {
    await call();
    return outcome;
  } catch (error) {
    if (error instanceof CommandFailed) return failed(`${failure} ${error.message}`.trim());
    throw error;
  }
}

async function installed(ctx: StateCtx, { name, ruby, gem_bin, user, version, ...how }: ArgsOf<typeof INSTALLED>): Promise<Verdict> {
  const where = defined({ ruby, gem_bin, runas: user });
  const versions = await versionsOf(ctx, name, where);
  const isRange = /^(>=|<=|>|<|~>|!=)/.test(version ?? '');
  if (versions !== undefined && (version === undefined || versions.some((one) => meetsGemRequirement(one, version))))
    return inOrder(isRange ? 'Installed Gem meets version requirements.' : 'Gem is already installed.');
  return plan(`The gem ${name} would have been installed`, () =>
    done(
      () => ctx.call('gem.install', [name], { ...where, ...defined({ ...how, version }) }),
      'Could not install gem.',
      inOrder('Gem was successfully installed', { [name]: 'Installed' }),
    ),
  );
}

async function removed(ctx: StateCtx, name: string, where: Record<string, Returnable>): Promise<Verdict> {
  if ((await versionsOf(ctx, name, where)) === undefined) return inOrder('Gem is not installed.');
  return plan(`The gem ${name} would have been removed`, () =>
    done(
      () => ctx.call('gem.uninstall', [name], where),
      'Could not remove gem.',
      inOrder('Gem was successfully removed.', { [name]: 'Removed' }),
    ),
  );
}

/** Whether gem looks for gems at a URL. */
async function hasSource(ctx: StateCtx, url: string, where: Record<string, Returnable>): Promise<boolean> {
  return ((await ctx.call('gem.sources_list', [], where)) as readonly string[]).includes(url);
}

async function sourceAdded(ctx: StateCtx, name: string, where: Record<string, Returnable>): Promise<Verdict> {
  if (await hasSource(ctx, name, where)) return inOrder('Gem source is already added.');
  return plan(`The gem source ${name} would have been added.`, () =>
    done(
      () => ctx.call('gem.sources_add', [name], where),
      'Could not add gem source.',
      inOrder('Gem source was successfully added.', { [name]: 'Installed' }),
    ),
  );
}

async function sourceRemoved(ctx: StateCtx, name: string, where: Record<string, Returnable>): Promise<Verdict> {
  if (!(await hasSource(ctx, name, where))) return inOrder('Gem source is already removed.');
  return plan('The gem source would have been removed.', () =>
    done(
      () => ctx.call('gem.sources_remove', [name], where),
      'Could not remove gem source.',
      inOrder('Gem source was successfully removed.', { [name]: 'Removed' }),
    ),
  );
}

/** Packages of Ruby, by gem. Salt 3008 no longer has this module; its states are those of Salt 3007. */
export default stateModule({
  name: 'gem',
  doc: 'Packages of Ruby, by gem.',
  states: {
    installed: state({
      doc: 'A gem that is installed, in a version that will do.',
      examples: ["addressable:\n  gem.installed:\n    - version: '~> 2.8'"],
      args: INSTALLED,
      check: installed,
    }),
    removed: state({
      doc: 'A gem that is not installed.',
      args: { name: NAME, ruby: RUBY, user: USER, gem_bin: BIN },
      check: (ctx, { name, ruby, user, gem_bin }) => removed(ctx, name, defined({ ruby, runas: user, gem_bin })),
    }),
    sources_add: state({
      doc: 'A place where gems are looked for.',
      args: { name: URL, ruby: RUBY, user: USER },
      check: (ctx, { name, ruby, user }) => sourceAdded(ctx, name, defined({ ruby, runas: user })),
    }),
    sources_remove: state({
      doc: 'A place where gems are not looked for.',
      args: { name: URL, ruby: RUBY, user: USER },
      check: (ctx, { name, ruby, user }) => sourceRemoved(ctx, name, defined({ ruby, runas: user })),
    }),
  },
});
