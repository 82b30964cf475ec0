import { dirname, isAbsolute, join, normalize } from 'node:path';
import type { Returnable } from '../../../modules/define.ts';
import { type Changes, failed, foreseen, isPlan, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { defaultsOf, GROUP, isDirectory, isThere, lstatOf, modeWord, NAME, OTHERS, pathOf, USER, unknownOwners } from './common.ts';
import { checkDirectory, directory } from './directory.ts';
import { keptByRequired } from './keep.ts';
import { symlink } from './links.ts';
import { checkManaged } from './managed.ts';
import { managedArgs } from './managed_args.ts';
import { type Recursed, recursed } from './sources.ts';
import { unkept } from './walk.ts';

const WIN = { type: 'any', doc: 'not used on this kind of system' } as const;
const ARGS = {
  name: NAME,
  source: { type: 'any', required: true, doc: 'a directory of the master, salt://; of a list the first that is there' },
  keep_source: { type: 'boolean', default: true, doc: 'False: the copies in the cache go' },
  clean: { type: 'boolean', default: false, doc: 'nothing else is below it' },
  require: { type: 'any', doc: 'states whose files stay when it is cleaned' },
  user: USER,
  group: GROUP,
  dir_mode: { type: 'any', doc: 'the mode of directories' },
  file_mode: { type: 'any', doc: 'the mode of files; keep: that of the source' },
  sym_mode: { type: 'any', doc: 'the mode of directories made for links' },
  template: { type: 'string', doc: 'the engine to render files by' },
  context: { type: 'any', doc: 'variables of the templates' },
  replace: { type: 'boolean', default: true, doc: 'replace the content of files that are there' },
  defaults: { type: 'any', doc: 'variables where context has none' },
  include_empty: { type: 'boolean', default: false, doc: 'empty directories, too' },
  backup: { type: 'any', default: '', doc: 'minion: keep what was there' },
  include_pat: { type: 'any', doc: 'only what matches: globs, or E@ and a regular expression' },
  exclude_pat: { type: 'any', doc: 'not what matches' },
  maxdepth: { type: 'number', doc: 'how deep; 0 for the files right in it' },
  keep_symlinks: { type: 'boolean', default: false, doc: 'links as links' },
  force_symlinks: { type: 'boolean', default: false, doc: 'replace what is there by links' },
  win_owner: WIN,
  win_perms: WIN,
  win_deny_perms: WIN,
  win_inheritance: WIN,
  merge: { type: 'boolean', default: false, doc: 'all sources, the first of two files of one name' },
} as const;

export const recurse = state({
  doc: 'A directory of the master with all that is below it.',
  args: ARGS,
  extra: OTHERS,
  check: async (ctx, args) => {
    if ('mode' in ctx.extra) return failed("'mode' is not allowed in 'file.recurse'. Please use 'file_mode' and 'dir_mode'.");
    const meant = await pathOf(args.name, 'recurse');
    if ('refused' in meant) return meant.refused;
    const { path } = meant;
    const user = args.user ?? ctx.extra['owner'];
    const unknown = await unknownOwners(ctx, user, args.group);
    if (unknown !== '') return failed(unknown);
    if (!isAbsolute(path)) return failed(`Specified file ${path} is not an absolute path`);
    const found = await recursed(ctx, path, args);
    if (typeof found === 'string') return failed(`Recurse failed: ${found}`);
    if (!(await isDirectory(path)) && (await isThere(path))) return failed(`The path ${path} exists and is not a directory`);
    const carry = async (): Promise<Outcome> => await new Carrying(ctx, path, args, user).all(found);
    return ctx.testing ? await carry() : { predicted: { comment: '', changes: {} }, apply: carry };
  },
});

type Given = Parameters<(typeof recurse)['check']>[1];

/** Brings about one thing after another and gathers what is said. */
class Carrying {
  readonly #ctx: StateCtx;
  readonly #path: string;
  readonly #args: Given;
  readonly #user: Returnable | undefined;
  readonly #comments = new Map<string, string[]>();
  readonly #changes: Record<string, Returnable> = {};
  #result: boolean | null = true;

  constructor(ctx: StateCtx, path: string, args: Given, user: Returnable | undefined) {
    this.#ctx = ctx;
    this.#path = path;
    this.#args = args;
    this.#user = user;
  }

  async all(found: Recursed): Promise<Outcome> {
    const owned = { user: this.#user ?? null, group: this.#args.group ?? null };
    if (!this.#ctx.testing && !(await isDirectory(this.#path)))
      await this.#ctx.call('file.makedirs_perms', [this.#path], { ...owned, mode: modeWord(this.#args.dir_mode) ?? null });
    for (const place of found.directories) await this.#folder(place);
    for (const [place, source] of found.files) await this.#file(place, source);
    for (const [place, target] of inOrder(found.links)) await this.#link(place, target);
    if (this.#args.clean) await this.#clean(found);
    return this.#outcome();
  }

  async #folder(path: string): Promise<void> {
    if (this.#args.clean && (await lstatOf(path)) !== undefined && !(await isDirectory(path)))
      if (await this.#makeWay(path, `Replacing ${path} with a directory`, 'Replaced file with a directory')) return;
    const told = { name: path, user: this.#user, group: this.#args.group, dir_mode: this.#args.dir_mode, makedirs: true };
    const args = { ...defaultsOf(directory.args), ...told } as Parameters<typeof checkDirectory>[1];
    this.#merge(path, await this.#done(await checkDirectory(this.#ctx, args)));
  }

  async #file(path: string, source: string): Promise<void> {
    const { clean, replace, file_mode, keep_source, template, context, defaults, backup, group } = this.#args;
    if (clean && replace && (await isDirectory(path)))
      if (await this.#makeWay(path, `Replacing directory ${path} with a file`, 'Replaced directory with a new file')) return;
    const told = {
      name: path,
      source,
      keep_source,
      user: this.#user,
      group,
      mode: file_mode,
      template,
      replace,
      context,
      defaults,
      backup,
    };
    const args = managedArgs({ ...defined(told), name: path, makedirs: true });
    this.#merge(path, await this.#done(await checkManaged(this.#ctx, args)));
  }

  async #link(path: string, target: string): Promise<void> {
    const { group, force_symlinks: force, sym_mode: mode } = this.#args;
    const told = defined({ name: path, target, makedirs: true, force, user: this.#user, group, mode });
    const args = { ...defaultsOf(symlink.args), ...told } as Parameters<(typeof symlink)['check']>[1];
    this.#merge(path, await this.#done(await symlink.check(this.#ctx, args)));
  }

  /** Whether all is said that there is to say. */
  async #makeWay(path: string, foretold: string, made: string): Promise<boolean> {
    if (this.#ctx.testing) {
      this.#merge(path, { result: null, comment: foretold, changes: {} });
      return true;
    }
    await this.#ctx.call('file.remove', [path]);
    this.#merge(path, { result: true, comment: '', changes: { diff: made } });
    return false;
  }

  async #done(verdict: Verdict): Promise<Outcome> {
    if (!isPlan(verdict)) return verdict;
    return this.#ctx.testing ? foreseen(verdict) : await verdict.apply();
  }

  #merge(path: string, { result, comment, changes }: Outcome): void {
    if (result === false || this.#result === true) this.#result = result;
    if (result !== true && comment !== '') this.#comments.set(path, [...(this.#comments.get(path) ?? []), comment]);
    if (Object.keys(changes).length > 0) this.#changes[path] = changes as Returnable;
  }

  async #clean(found: Recursed): Promise<void> {
    const keep = [...found.keep, ...(await keptByRequired(this.#ctx, this.#path))];
    const doomed = await unkept(this.#path, keep, this.#args.exclude_pat);
    if (doomed.length === 0) return;
    if (this.#ctx.testing) {
      if (this.#result) this.#result = null;
      this.#comments.set('removed', doomed);
      return;
    }
    for (const path of doomed) if ((await lstatOf(path)) !== undefined) await this.#ctx.call('file.remove', [path]);
    this.#changes['removed'] = doomed;
  }

  #outcome(): Outcome {
    const changes: Changes = this.#changes;
    const said = [...this.#comments]
      .map(([path, comments]) => `\n#### ${path} ####\n${comments.join('\n')}`)
      .join('\n')
      .trim();
    const same = Object.keys(changes).length === 0 && this.#result === true;
    const comment = same ? `The directory ${this.#path} is in the correct state` : said || `Recursively updated ${this.#path}`;
    return { result: this.#result, comment, changes };
  }
}

/** Links after those that they lead to. */
function inOrder(links: ReadonlyMap<string, string>): [string, string][] {
  const done = new Map<string, string>();
  const visit = (path: string, target: string, above: readonly string[]): void => {
    const leads = normalize(join(dirname(path), target));
    const next = links.get(leads);
    if (next !== undefined && !done.has(leads) && !above.includes(leads)) visit(leads, next, [...above, path]);
    done.set(path, target);
  };
  for (const [path, target] of links) if (!done.has(path)) visit(path, target, []);
  return [...done];
}
