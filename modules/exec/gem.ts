import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../define.ts';

const WHERE = {
  ruby: { type: 'string', doc: 'not used: neither RVM nor rbenv is asked; name the program by gem_bin' },
  runas: { type: 'string', doc: 'the user to run gem as' },
  gem_bin: { type: 'string', doc: 'the path of the program gem' },
} as const;
const GEMS = { type: 'any', required: true, doc: 'the gems: a list, or with spaces between' } as const;
const SOURCE = { type: 'string', required: true, doc: 'the URL' } as const;

interface Where {
  readonly ruby: string | undefined;
  readonly runas: string | undefined;
  readonly gem_bin: string | undefined;
}

/** Runs gem, without a shell, and returns what it prints. @throws CommandFailed with what it complains of */
async function gem(ctx: Ctx, { ruby, runas, gem_bin }: Where, ...words: readonly string[]): Promise<string> {
  if (ruby && !gem_bin) ctx.log.warn(`ruby=${ruby} is not used, for neither RVM nor rbenv is asked: name the program by gem_bin`);
  const options = { python_shell: false, ...(runas ? { runas } : {}) };
  const ran = await ctx.call('cmd.run_all', [[gem_bin || 'gem', ...words]], options);
  const { retcode, stdout, stderr } = ran as { readonly retcode: number; readonly stdout: string; readonly stderr: string };
  if (retcode !== 0) throw new CommandFailed(stderr);
  return stdout;
}

const namesOf = (gems: Returnable): string[] => (Array.isArray(gems) ? gems.map(String) : String(gems).split(/\s+/).filter(Boolean));

/** The version of gem itself; a map with nothing in it when it does not say. */
async function versionOf(ctx: Ctx, where: Where): Promise<string | Record<string, never>> {
  const lines = (await gem(ctx, where, '--version')).split('\n');
  return lines.find((line) => /^[.0-9]+/.test(line)) ?? {};
}

/** `name (2.0, 1.0)`, a line each. */
const versionsIn = (text: string): Record<string, string[]> =>
  Object.fromEntries([...text.matchAll(/^([^ \n]+) \((.+)\)/gm)].map(([, name = '', versions = '']) => [name, versions.split(', ')]));

/** `name (1.0 < 2.0)`, a line each. */
const upgradesIn = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/(\S+) \(\S+ < (\S+)\)/g)].map(([, name = '', version = '']) => [name, version]));

/** gem 3 knows `--no-document` alone; those before it have an option for each kind. */
function documentWords(version: string | Record<string, never>, rdoc: boolean, ri: boolean): string[] {
  if (typeof version === 'string' && Number.parseInt(version, 10) >= 3) return rdoc && ri ? [] : ['--no-document'];
  return [...(rdoc ? [] : ['--no-rdoc']), ...(ri ? [] : ['--no-ri'])];
}

/** A call on sources that hands on what gem prints. */
const onSource = (as: string, option: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' gem.${as} https://gems.example.org/`],
    args: { source_uri: SOURCE, ...WHERE },
    changes: true,
    run: (ctx, { source_uri, ...where }) => gem(ctx, where, 'sources', option, source_uri),
  });

/** Packages of Ruby, by gem. Salt 3008 no longer has this module; its functions are those of Salt 3007. */
export default execModule({
  name: 'gem',
  doc: 'Packages of Ruby, by gem.',
  calls: {
    install: call({
      doc: 'Install gems. Returns what gem prints.',
      examples: ["tsalt '*' gem.install vagrant", "tsalt '*' gem.install redphone gem_bin=/opt/sensu/embedded/bin/gem"],
      args: {
        gems: GEMS,
        ruby: WHERE.ruby,
        gem_bin: WHERE.gem_bin,
        runas: WHERE.runas,
        version: { type: 'string', doc: 'the version, of one gem' },
        rdoc: { type: 'boolean', default: false, doc: 'make RDoc documentation' },
        ri: { type: 'boolean', default: false, doc: 'make RI documentation' },
        pre_releases: { type: 'boolean', default: false, doc: 'versions before a release are taken too' },
        proxy: { type: 'string', doc: 'an HTTP proxy: http://hostname[:port]' },
        source: { type: 'string', doc: 'where gems are looked for' },
      },
      changes: true,
      async run(ctx, { gems, version, rdoc, ri, pre_releases, proxy, source, ...where }) {
        const itself = await versionOf(ctx, where);
        const words = [
          ...namesOf(gems),
          ...(version ? ['--version', version] : []),
          ...documentWords(itself, rdoc, ri),
          ...(pre_releases ? ['--prerelease'] : []),
          ...(proxy ? ['-p', proxy] : []),
          ...(source ? ['--source', source] : []),
        ];
        return gem(ctx, where, 'install', ...words);
      },
    }),
    uninstall: call({
      doc: 'Remove all versions of gems, and their programs. Returns what gem prints.',
      examples: ["tsalt '*' gem.uninstall vagrant"],
      args: { gems: GEMS, ...WHERE },
      changes: true,
      run: (ctx, { gems, ...where }) => gem(ctx, where, 'uninstall', ...namesOf(gems), '-a', '-x'),
    }),
    update: call({
      doc: 'Install the newest versions of gems. Returns what gem prints.',
      examples: ["tsalt '*' gem.update vagrant"],
      args: { gems: GEMS, ...WHERE },
      changes: true,
      run: (ctx, { gems, ...where }) => gem(ctx, where, 'update', ...namesOf(gems)),
    }),
    update_system: call({
      doc: 'Install another version of gem itself. Returns what gem prints.',
      examples: ["tsalt '*' gem.update_system"],
      args: { version: { type: 'string', default: '', doc: 'the version; the newest by default' }, ...WHERE },
      changes: true,
      run: (ctx, { version, ...where }) => gem(ctx, where, 'update', '--system', ...(version ? [version] : [])),
    }),
    version: call({
      doc: 'The version of gem itself.',
      examples: ["tsalt '*' gem.version"],
      args: WHERE,
      changes: false,
      run: (ctx, args) => versionOf(ctx, args),
    }),
    list: call({
      doc: 'The installed gems, with the versions of each.',
      examples: ["tsalt '*' gem.list", "tsalt '*' gem.list rake"],
      args: { prefix: { type: 'string', default: '', doc: 'how the names begin' }, ...WHERE },
      changes: false,
      run: async (ctx, { prefix, ...where }) => versionsIn(await gem(ctx, where, 'list', ...(prefix ? [prefix] : []))),
    }),
    list_upgrades: call({
      doc: 'What is outdated, with the newest version of each.',
      examples: ["tsalt '*' gem.list_upgrades"],
      args: WHERE,
      changes: false,
      run: async (ctx, args) => upgradesIn(await gem(ctx, args, 'outdated')),
    }),
    sources_add: onSource('sources_add', '--add', 'Look for gems at a URL too.'),
    sources_remove: onSource('sources_remove', '--remove', 'No longer look for gems at a URL.'),
    sources_list: call({
      doc: 'Where gems are looked for.',
      examples: ["tsalt '*' gem.sources_list"],
      args: WHERE,
      changes: false,
      // Two lines of heading stand before them.
      run: async (ctx, args) => (await gem(ctx, args, 'sources')).split('\n').slice(2),
    }),
  },
});
