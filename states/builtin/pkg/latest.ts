import type { ArgsOf } from '../../../modules/define.ts';
import { CallRefused, CommandFailed } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { FROM, NAME, PKGS, REFRESH, SKIP_VERIFY } from './args.ts';
import { installable } from './foresee.ts';
import { isEmptyList, isGiven, type Kwargs, kwargsOf, packages, refreshed, refreshes } from './wanted.ts';

export const LATEST = {
  name: NAME,
  refresh: REFRESH,
  fromrepo: FROM,
  skip_verify: SKIP_VERIFY,
  pkgs: PKGS,
  watch_flags: { type: 'boolean', default: true, doc: 'also what is to be built anew (Gentoo)' },
} as const;
type Args = ArgsOf<typeof LATEST>;
type Texts = Readonly<Record<string, string>>;

/** What is to be brought to its newest version, and what is there already. */
interface Behind {
  readonly targets: ReadonlyMap<string, string>;
  readonly upToDate: readonly string[];
  readonly current: Texts;
}

/** Packages in their newest version. */
export async function latest(ctx: StateCtx, args: Args): Promise<Verdict> {
  const kwargs = kwargsOf(ctx);
  if (isGiven(kwargs['sources'])) return failed('The "sources" parameter is not supported.');
  if (isEmptyList(args.pkgs)) return inOrder('No packages to install provided');
  const names = isGiven(args.pkgs) ? [...(await packages(ctx, args.pkgs ?? null, true)).keys()] : [args.name];
  if (names.length === 0) return failed('Invalidly formatted "pkgs" parameter. See minion log.');
  const found = await behindOf(ctx, args, names, kwargs);
  if ('result' in found) return found;
  if (found.targets.size === 0) return inOrder(allRight(names));
  return {
    predicted: { comment: foreseen(found), changes: await installable(ctx, found.targets, found.current) },
    apply: async () => await install(ctx, args, found, kwargs),
  };
}

async function behindOf(ctx: StateCtx, args: Args, names: readonly string[], kwargs: Kwargs): Promise<Behind | Outcome> {
  const refresh = refreshes(ctx, args.refresh);
  const from = args.fromrepo === undefined ? {} : { fromrepo: args.fromrepo };
  const byName = (answer: unknown): Texts => (typeof answer === 'string' ? { [names[0] ?? '']: answer } : (answer as Texts));
  let offered: Texts;
  try {
    offered = byName(await ctx.call('pkg.latest_version', names, { ...kwargs, ...from, refresh }));
  } catch (error) {
    if (!(error instanceof CommandFailed) || error instanceof CallRefused) throw error;
    return failed(`An error was encountered while checking the newest available version of package(s): ${error.message}`);
  }
  if (refresh) refreshed(ctx);
  const current = byName(await ctx.call('pkg.version', names, kwargs));
  const unknown = names.filter((name) => !offered[name] && !current[name]);
  if (unknown.length > 0) return failed(unknown.map((name) => `No information found for '${name}'.`).join(' '));
  const targets = new Map(names.filter((name) => offered[name]).map((name) => [name, offered[name] ?? '']));
  return { targets, upToDate: isGiven(args.pkgs) ? names.filter((name) => !targets.has(name)) : [], current };
}

function allRight(names: readonly string[]): string {
  if (names.length > 10) return `All ${names.length} packages are up-to-date.`;
  if (names.length > 1) return `All packages are up-to-date (${[...names].sort().join(', ')}).`;
  return `Package ${names[0]} is already up-to-date`;
}

const listed = (names: Iterable<string>): string => [...names].sort().join(', ');

function foreseen({ targets, upToDate, current }: Behind): string {
  const comment = `The following packages would be installed/upgraded: ${listed(targets.keys())}`;
  if (upToDate.length === 0) return comment;
  if (upToDate.length > 10) return `${comment}\n${upToDate.length} packages are already up-to-date`;
  return `${comment}\nThe following packages are already up-to-date: ${listed(upToDate.map((name) => `${name} (${current[name]})`))}`;
}

async function install(ctx: StateCtx, { fromrepo, skip_verify }: Args, behind: Behind, kwargs: Kwargs): Promise<Outcome> {
  const from = fromrepo === undefined ? {} : { fromrepo };
  try {
    const given = { ...kwargs, ...from, skip_verify, refresh: false, pkgs: [...behind.targets.keys()] };
    const changes = (await ctx.call('pkg.install', [], given)) as Record<string, { readonly new?: string } | undefined>;
    return Object.keys(changes).length === 0 ? failed(nothing(behind)) : came(behind, changes);
  } catch (error) {
    if (!(error instanceof CommandFailed) || error instanceof CallRefused) throw error;
    return failed(`An error was encountered while installing package(s): ${error.message}`);
  }
}

function came({ targets, upToDate }: Behind, changes: Readonly<Record<string, { readonly new?: string } | undefined>>): Outcome {
  const isRight = (name: string, version: string): boolean => {
    const now = changes[name];
    return now !== undefined && (now.new === undefined || version === 'latest' || now.new.split(',').includes(version));
  };
  const right = [...targets].filter(([name, version]) => isRight(name, version)).map(([name]) => name);
  const wrong = [...targets.keys()].filter((name) => !right.includes(name));
  const comments = [
    ...(wrong.length > 0 ? [`The following packages failed to update: ${listed(wrong)}`] : []),
    ...(right.length > 0 ? [`The following packages were successfully installed/upgraded: ${listed(right)}`] : []),
    ...already(upToDate),
  ];
  return { result: wrong.length === 0, comment: comments.join(' '), changes: changes as Kwargs };
}

function already(upToDate: readonly string[]): string[] {
  if (upToDate.length === 0) return [];
  if (upToDate.length > 10) return [`${upToDate.length} packages were already up-to-date `];
  return [`The following packages were already up-to-date: ${listed(upToDate)}`];
}

function nothing({ targets, upToDate }: Behind): string {
  const names = [...targets.keys()];
  const comment =
    names.length > 10
      ? `${names.length} targeted packages failed to update. See debug log for details.`
      : names.length > 1
        ? `The following targeted packages failed to update. See debug log for details: (${listed(names)}).`
        : `Package ${names[0]} failed to update.`;
  return [comment, ...already(upToDate).map((text) => text.trimEnd())].join(' ');
}
