import { existsSync } from 'node:fs';
import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../../define.ts';
import { namesGiven, optional, UNUSED } from '../calls.ts';
import { asTexts } from '../changes.ts';
import { describe, files, info, installed, owner } from './query.ts';
import { compareVersions } from './versions.ts';

const local = async (ctx: Ctx, path: string, saltenv: string): Promise<string> => {
  if (!/^(salt|file|https?|ftp|s3|swift):/.test(path)) {
    if (!existsSync(path)) throw new CommandFailed(`${path} does not exist on minion`);
    return path;
  }
  const cached = await ctx.call('cp.cache_file', [path, saltenv]);
  if (typeof cached !== 'string' || cached === '') throw new CommandFailed(`Unable to retrieve ${path} from saltenv '${saltenv}'`);
  return cached;
};

const ownersOf = async (ctx: Ctx): Promise<Returnable> => {
  const owners: Record<string, string> = {};
  for (const path of namesGiven(ctx)) owners[path] = await owner(ctx, path);
  const [only, ...others] = Object.values(owners);
  return only === undefined ? '' : others.length === 0 ? only : owners;
};

export default execModule({
  name: 'lowpkg',
  doc: 'What lies below the package tool: rpm.',
  serves: (host) => (host.which('rpm') !== undefined && host.osFamily !== 'Debian') || 'rpm is not the package base of this system',
  calls: {
    bin_pkg_info: call({
      doc: 'Name and version of a package file.',
      examples: ["tsalt '*' lowpkg.bin_pkg_info /root/salt-3008.3-1.noarch.rpm"],
      args: {
        path: { type: 'string', required: true, doc: 'a path, or a URL that cp.cache_file takes' },
        saltenv: { type: 'string', default: 'base', doc: 'the environment of a salt:// URL' },
      },
      changes: false,
      run: async (ctx, { path, saltenv }): Promise<Returnable> => ({ ...(await describe(ctx, await local(ctx, path, saltenv))) }),
    }),
    list_pkgs: call({
      doc: 'The versions of installed packages.',
      examples: ["tsalt '*' lowpkg.list_pkgs"],
      args: {},
      rest: 'the packages; without any, all',
      extra: UNUSED,
      changes: false,
      async run(ctx) {
        const names = namesGiven(ctx);
        const found = Object.entries(asTexts(await installed(ctx)));
        return Object.fromEntries(found.filter(([name]) => names.length === 0 || names.includes(name)));
      },
    }),
    file_list: call({
      doc: 'All files of packages, in one list.',
      examples: ["tsalt '*' lowpkg.file_list httpd"],
      args: {},
      rest: 'the packages; without any, all',
      extra: UNUSED,
      changes: false,
      run: async (ctx): Promise<Returnable> => ({ errors: [], files: Object.values(await files(ctx, namesGiven(ctx))).flat() }),
    }),
    file_dict: call({
      doc: 'The files of packages, by package.',
      examples: ["tsalt '*' lowpkg.file_dict httpd"],
      args: {},
      rest: 'the packages; without any, all',
      extra: UNUSED,
      changes: false,
      run: async (ctx): Promise<Returnable> => ({ errors: [], packages: await files(ctx, namesGiven(ctx)) }),
    }),
    owner: call({
      doc: 'The package a path belongs to; empty if to none.',
      examples: ["tsalt '*' lowpkg.owner /usr/bin/apachectl"],
      args: {},
      rest: 'the paths',
      extra: UNUSED,
      changes: false,
      run: (ctx) => ownersOf(ctx),
    }),
    info: call({
      doc: 'What is known of installed packages.',
      examples: ["tsalt '*' lowpkg.info bash"],
      args: {},
      rest: 'the packages; without any, all',
      extra: 'all_versions (False): a list for each',
      changes: false,
      run: (ctx) => info(ctx, namesGiven(ctx)),
    }),
    version_cmp: call({
      doc: 'Compare two versions: -1, 0 or 1.',
      examples: ["tsalt '*' lowpkg.version_cmp '0.2-001' '0.2.0.1-002'"],
      args: {
        ver1: { type: 'string', required: true, doc: 'one version' },
        ver2: { type: 'string', required: true, doc: 'the other version' },
        ignore_epoch: optional('compare without epochs'),
      },
      changes: false,
      run(_ctx, { ver1, ver2, ignore_epoch: ignore }) {
        const cut = (version: string): string => (ignore ? version.replace(/^\d+:/, '') : version);
        return Math.sign(compareVersions(cut(ver1), cut(ver2)));
      },
    }),
  },
});
