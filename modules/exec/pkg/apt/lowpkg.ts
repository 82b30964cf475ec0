import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, call, execModule, type Returnable } from '../../../define.ts';
import { namesGiven, UNUSED } from '../calls.ts';
import { changesBetween } from '../changes.ts';
import { binaryInfo, filesOf, inventory } from './dpkg.ts';
import { packageInfo } from './info.ts';
import { apt, text } from './run.ts';

const local = async (ctx: Ctx, path: string, saltenv: string): Promise<string> => {
  if (/^(salt|file|https?|ftp|s3|swift):/.test(path)) {
    const cached = await ctx.call('cp.cache_file', [path, saltenv]);
    if (typeof cached !== 'string' || cached === '') throw new CommandFailed(`Unable to retrieve ${path} from saltenv '${saltenv}'`);
    return cached;
  }
  if (existsSync(path) && !isAbsolute(path)) throw new CallRefused(`${path} does not exist on minion`);
  return path;
};

export default execModule({
  name: 'lowpkg',
  doc: 'What lies below the package tool: dpkg.',
  serves: (host) => (host.which('dpkg-query') !== undefined && host.osFamily === 'Debian') || 'only works on Debian family systems.',
  calls: {
    bin_pkg_info: call({
      doc: 'Name, version and architecture of a package file.',
      examples: ["tsalt '*' lowpkg.bin_pkg_info /root/foo-1.2.3-1ubuntu1_all.deb", "tsalt '*' lowpkg.bin_pkg_info salt://foo.deb"],
      args: {
        path: { type: 'string', required: true, doc: 'a path, or a URL that cp.cache_file takes' },
        saltenv: { type: 'string', default: 'base', doc: 'the environment of a salt:// URL' },
      },
      changes: false,
      run: async (ctx, { path, saltenv }): Promise<Returnable> => ({ ...(await binaryInfo(ctx, await local(ctx, path, saltenv))) }),
    }),
    unpurge: call({
      doc: 'Keep packages that are marked to be purged, and return which those were.',
      examples: ["tsalt '*' lowpkg.unpurge curl"],
      args: {},
      rest: 'the packages',
      changes: true,
      async run(ctx) {
        const names = namesGiven(ctx);
        if (names.length === 0) return {};
        const before = (await inventory(ctx)).purging;
        await apt(ctx, ['dpkg', '--set-selections'], { stdin: names.map((name) => `${name} install\n`).join('') });
        return changesBetween(before, (await inventory(ctx)).purging);
      },
    }),
    list_pkgs: call({
      doc: 'The versions of installed packages.',
      examples: ["tsalt '*' lowpkg.list_pkgs", "tsalt '*' lowpkg.list_pkgs hostname"],
      args: {},
      rest: 'the packages; without any, all',
      extra: UNUSED,
      changes: false,
      run: (ctx) => listed(ctx, namesGiven(ctx)),
    }),
    file_list: call({
      doc: 'All files of packages, in one list.',
      examples: ["tsalt '*' lowpkg.file_list hostname"],
      args: {},
      rest: 'the packages; without any, all',
      extra: UNUSED,
      changes: false,
      async run(ctx): Promise<Returnable> {
        const packages = await filesOf(ctx, namesGiven(ctx));
        return typeof packages === 'string' ? packages : { errors: [], files: [...new Set(Object.values(packages).flat())].sort() };
      },
    }),
    file_dict: call({
      doc: 'The files of packages, by package.',
      examples: ["tsalt '*' lowpkg.file_dict hostname"],
      args: {},
      rest: 'the packages; without any, all',
      extra: UNUSED,
      changes: false,
      async run(ctx): Promise<Returnable> {
        const packages = await filesOf(ctx, namesGiven(ctx));
        return typeof packages === 'string' ? packages : { errors: [], packages };
      },
    }),
    info: call({
      doc: 'What is known of packages, under the names that dpkg has for it.',
      examples: ["tsalt '*' lowpkg.info apache2 bash"],
      args: {},
      rest: 'the packages; without any, all',
      extra: 'failhard (True): fail if one is not known',
      changes: false,
      run: (ctx) => packageInfo(ctx, namesGiven(ctx)),
    }),
  },
});

const listed = async (ctx: Ctx, names: readonly string[]): Promise<Returnable> => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
  const format = '${db:Status-Status}\t${binary:Package}\t${Version}\n';
  const ran = await apt(ctx, ['dpkg-query', '-f', format, '-W', ...names]);
  if (ran.code !== 0) {
    ctx.retcode(ran.code);
    return `Error:  ${text(ran.stderr).trimEnd()}`;
  }
  const rows = text(ran.stdout)
    .split('\n')
    .map((line) => line.split('\t'));
  return Object.fromEntries(
    rows.filter(([status]) => status === 'installed').map(([, name = '', version = '']) => [name, version] as const),
  );
};
