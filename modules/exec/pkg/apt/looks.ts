import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { CommandFailed, call } from '../../../define.ts';
import { asLists, namesGiven, optional, UNUSED } from '../calls.ts';
import { asTexts } from '../changes.ts';
import { keyword, listOf, refuseOthers } from '../kwargs.ts';
import { inventory } from './dpkg.ts';
import { parseShow } from './parse.ts';
import { apt, text } from './run.ts';
import { aptTool, refresh } from './tool.ts';

const NAME = { type: 'string', required: true, doc: 'the package' } as const;

/** `zsh:amd64` taken apart. */
const partsOf = (name: string): { name: string; arch: string | null } => {
  const at = name.lastIndexOf(':');
  return at < 0 ? { name, arch: null } : { name: name.slice(0, at), arch: name.slice(at + 1) };
};

export const looks = {
  list_pkgs: call({
    doc: 'All installed packages with their versions.',
    examples: ["tsalt '*' pkg.list_pkgs", "tsalt '*' pkg.list_pkgs versions_as_list=True"],
    args: {
      versions_as_list: optional('a list of versions each, rather than a text'),
      removed: optional('instead those removed, with configuration left'),
      purge_desired: optional('only those installed and wanted gone'),
    },
    extra: UNUSED,
    changes: false,
    async run(ctx, args) {
      const { installed, removed, purging } = await inventory(ctx);
      const versions = args.removed ? removed : args.purge_desired ? purging : new Map([...purging, ...installed]);
      return args.versions_as_list ? asLists(versions) : asTexts(versions);
    },
  }),
  list_repo_pkgs: call({
    doc: 'All versions on offer of packages, or of all packages.',
    examples: ["tsalt '*' pkg.list_repo_pkgs bash"],
    args: {},
    rest: 'the packages',
    extra: UNUSED,
    changes: false,
    run: async (ctx) => asLists(await aptTool.offers(ctx, namesGiven(ctx))),
  }),
  show: call({
    doc: 'What apt-cache shows of packages, by name and version.',
    examples: ["tsalt '*' pkg.show gawk", "tsalt '*' pkg.show gawk filter=description,provides"],
    args: {},
    rest: 'the packages',
    extra: 'filter: only these fields, with commas between; refresh (False): fetch the package lists first',
    changes: false,
    async run(ctx) {
      refuseOthers(ctx, ['filter', 'refresh']);
      if (keyword(ctx, 'refresh')) await refresh(ctx, {});
      const names = namesGiven(ctx);
      if (names.length === 0) return {};
      const fields = listOf(keyword(ctx, 'filter')).map((field) => field.toLowerCase());
      const ran = await apt(ctx, ['apt-cache', 'show', ...names]);
      if (ran.code !== 0) ctx.retcode(ran.code);
      return parseShow(text(ran.stdout), fields);
    },
  }),
  normalize_name: call({
    doc: "A package's name without the system's own architecture.",
    examples: ["tsalt '*' pkg.normalize_name zsh:amd64"],
    args: { name: NAME },
    changes: false,
    run: (ctx, { name }) => aptTool.normalize(ctx, name),
  }),
  parse_arch: call({
    doc: 'Name and architecture that a package is asked for by.',
    examples: ["tsalt '*' pkg.parse_arch zsh:amd64"],
    args: { name: NAME },
    changes: false,
    run: (_ctx, { name }) => partsOf(name),
  }),
  which: call({
    doc: 'The package that installed a file; empty if none did, False if there is no such file.',
    examples: ["tsalt '*' pkg.which /usr/bin/apachectl"],
    args: { path: { type: 'string', required: true, doc: 'the file' } },
    changes: false,
    async run(ctx, { path }) {
      if (!isAbsolute(path) || !existsSync(path)) return false;
      const ran = await apt(ctx, ['dpkg', '-S', path], { quiet: true });
      if (ran.code !== 0) ctx.retcode(ran.code);
      return text(ran.stdout).split(':')[0] ?? '';
    },
  }),
  services_need_restart: call({
    doc: 'Services that use files which packages have changed since, by checkrestart of debian-goodies.',
    examples: ["tsalt '*' pkg.services_need_restart"],
    args: {},
    extra: UNUSED,
    changes: false,
    async run(ctx) {
      if (ctx.host.which('checkrestart') === undefined)
        throw new CommandFailed(
          "'checkrestart' is needed. It is part of the 'debian-goodies' package which can be installed from official repositories.",
        );
      const ran = await apt(ctx, ['checkrestart', '--machine', '--package']);
      return [...new Set([...text(ran.stdout).matchAll(/^SERVICE:([^,\n]*)/gm)].map(([, service = '']) => service))];
    },
  }),
};
