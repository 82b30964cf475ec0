import { type Ctx, call, type Returnable } from '../../define.ts';
import { compareWith, uninstall } from './install.ts';
import { isTrue } from './kwargs.ts';
import { nameFits } from './targets.ts';
import type { PackageTool, Versions } from './tool.ts';

/** Arguments that the calls of all package tools share. */
export const NAME = { type: 'string', doc: 'one package, or several separated by commas' } as const;
export const PKGS = { type: 'list', doc: 'packages: names, or maps of a name to a version' } as const;
export const SOURCES = { type: 'list', doc: 'package files: maps of a name to a path or URL' } as const;
export const REFRESH = { type: 'boolean', default: true, doc: 'fetch the package lists first' } as const;
export const optional = (doc: string) => ({ type: 'boolean', default: false, doc }) as const;
export const UNUSED = "the publication's __pub_ keys";

export const namesGiven = (ctx: Ctx): string[] => ctx.rest.map(String);
export const asLists = (versions: Versions): Record<string, readonly string[]> => Object.fromEntries(versions);

const versionsOf = async (ctx: Ctx, tool: PackageTool, asList: boolean): Promise<Returnable> => {
  const names = namesGiven(ctx);
  if (names.length === 0) return {};
  const installed = await tool.installed(ctx);
  const isGlob = names.some((name) => name.includes('*'));
  const found: Record<string, Returnable> = {};
  for (const name of names) {
    for (const key of name.includes('*') ? [...installed.keys()].filter((held) => nameFits(name, held)) : [name]) {
      const versions = installed.get(key) ?? [];
      found[key] = asList ? versions : versions.join(',');
    }
  }
  const [only, ...others] = Object.values(found);
  return only !== undefined && others.length === 0 && !isGlob ? only : found;
};

/** One path's owner is a text, those of several a map. */
const ownersOf = async (ctx: Ctx, tool: PackageTool): Promise<Returnable> => {
  const owners: Record<string, string> = {};
  for (const path of namesGiven(ctx)) owners[path] = await tool.owner(ctx, path);
  const [only, ...others] = Object.values(owners);
  return only === undefined ? '' : others.length === 0 ? only : owners;
};

const removing = (tool: PackageTool, action: 'remove' | 'purge', doc: string, wording?: string) =>
  call({
    doc,
    examples: [`tsalt '*' pkg.${action} <package name>`, `tsalt '*' pkg.${action} pkgs='["foo", "bar"]'`],
    args: { name: NAME, pkgs: PKGS },
    extra: UNUSED,
    changes: true,
    run: (ctx, args) => uninstall(ctx, tool, action, args, wording),
  });

/** The calls that every package tool answers in the same way. */
export const commonCalls = (tool: PackageTool, wording?: string) => ({
  version: call({
    doc: 'The installed version of packages; empty where one is not installed.',
    examples: ["tsalt '*' pkg.version <package name>", "tsalt '*' pkg.version 'python3-*' bash"],
    args: {},
    rest: 'the packages, also as globs',
    extra: 'versions_as_list (False)',
    changes: false,
    run: (ctx) => versionsOf(ctx, tool, isTrue(ctx.extra['versions_as_list'])),
  }),
  version_cmp: call({
    doc: 'Compare two versions: -1, 0 or 1.',
    examples: ["tsalt '*' pkg.version_cmp '0.2.4-0ubuntu1' '0.2.4.1-0ubuntu1'"],
    args: {
      pkg1: { type: 'string', required: true, doc: 'one version' },
      pkg2: { type: 'string', required: true, doc: 'the other version' },
      ignore_epoch: optional('compare without epochs'),
    },
    extra: UNUSED,
    changes: false,
    run: (_ctx, args) => Math.sign(compareWith(tool, args.ignore_epoch)(args.pkg1, args.pkg2)),
  }),
  remove: removing(tool, 'remove', 'Remove packages, and return which versions went.', wording),
  purge: removing(tool, 'purge', 'Remove packages and their configuration, and return which versions went.', wording),
  owner: call({
    doc: 'The package a path belongs to; empty if to none.',
    examples: ["tsalt '*' pkg.owner /usr/bin/apachectl"],
    args: {},
    rest: 'the paths',
    extra: UNUSED,
    changes: false,
    run: (ctx) => ownersOf(ctx, tool),
  }),
  file_list: call({
    doc: 'All files of packages, in one list.',
    examples: ["tsalt '*' pkg.file_list httpd"],
    args: {},
    rest: 'the packages; without any, all',
    extra: UNUSED,
    changes: false,
    async run(ctx): Promise<Returnable> {
      const packages = await tool.files(ctx, namesGiven(ctx));
      return typeof packages === 'string' ? packages : { errors: [], files: [...new Set(Object.values(packages).flat())].sort() };
    },
  }),
  file_dict: call({
    doc: 'The files of packages, by package.',
    examples: ["tsalt '*' pkg.file_dict httpd"],
    args: {},
    rest: 'the packages; without any, all',
    extra: UNUSED,
    changes: false,
    async run(ctx): Promise<Returnable> {
      const packages = await tool.files(ctx, namesGiven(ctx));
      return typeof packages === 'string' ? packages : { errors: [], packages };
    },
  }),
  info_installed: call({
    doc: 'What is known of installed packages.',
    examples: ["tsalt '*' pkg.info_installed <package1>"],
    args: {},
    rest: 'the packages',
    extra: 'failhard (True): fail if one is not known',
    changes: false,
    run: (ctx) => tool.info(ctx, namesGiven(ctx)),
  }),
});
