import { globMatcher } from '../../kernel/targeting/glob.ts';

/** What `sys.argspec` says of one function. */
interface Spec {
  readonly args: readonly string[] | null;
  readonly defaults: readonly unknown[] | null;
  readonly varargs: boolean | null;
  readonly kwargs: boolean | null;
}
type Specs = Readonly<Record<string, Spec>>;

/** Arguments (`**` and `*` stand for further ones) that are not compared, for functions that a glob names. */
export interface Difference {
  readonly functions: string;
  readonly args: readonly string[];
  readonly why: string;
}

/** Where ours take other arguments than Salt's, on purpose. */
export const DIFFERENCES: readonly Difference[] = [
  {
    functions: 'cmd.*',
    args: ['shell'],
    why: "Salt's default is the value of SHELL when it was loaded; ours is looked up at each call and shown as None",
  },
  {
    functions: 'service.*',
    args: ['no_block', 'unmask', 'unmask_runtime', 'root', 'runtime', '**'],
    why: 'Salt picks its module by the init system; the arguments of ours are those on systemd everywhere',
  },
  {
    functions: 'pillar.[gf]et*',
    args: ['default'],
    why: 'Salt shows a marker of its own for "none was given"; ours has None for it',
  },
];

/** Functions of both whose arguments differ: each as one text of Salt's and one of ours. Also the differences that are none. */
export function compareSpecs(real: Specs, ours: Specs): { readonly other: Record<string, [string, string]>; readonly stale: string[] } {
  const other: Record<string, [string, string]> = {};
  const used = new Set<Difference>();
  for (const [fun, spec] of Object.entries(ours)) {
    const theirs = real[fun];
    if (theirs === undefined) continue;
    const differences = DIFFERENCES.filter(({ functions }) => globMatcher(functions)(fun));
    const left = (one: Spec): string => signature(one, new Set(differences.flatMap(({ args }) => args)));
    if (left(theirs) !== left(spec)) other[fun] = [signature(theirs), signature(spec)];
    else if (signature(theirs) !== signature(spec)) for (const difference of differences) used.add(difference);
  }
  return { other, stale: DIFFERENCES.filter((difference) => !used.has(difference)).map(({ functions, why }) => `${functions}: ${why}`) };
}

/** `(name, pkgs=null, *, **)`, without the arguments named. */
function signature({ args, defaults, varargs, kwargs }: Spec, without: ReadonlySet<string> = new Set()): string {
  const names = args ?? [];
  const first = names.length - (defaults ?? []).length;
  const parts = names.map((name, index) => [name, index < first ? name : `${name}=${JSON.stringify(defaults?.[index - first])}`]);
  if (varargs === true) parts.push(['*', '*']);
  if (kwargs === true) parts.push(['**', '**']);
  return `(${parts
    .filter(([name]) => !without.has(name ?? ''))
    .map(([, text]) => text)
    .join(', ')})`;
}
