import type { Ctx, Returnable } from '../../../define.ts';
import { listOf } from '../kwargs.ts';
import { expandPpa, ppaOf } from './ppa.ts';
import { LineSource, repoOf } from './sources/line.ts';
import { sourceOf } from './sources/list.ts';
import { boolOf, type Source } from './sources/source.ts';

type Kwargs = Readonly<Record<string, Returnable>>;
const list = (value: Returnable | undefined): readonly string[] | undefined =>
  Array.isArray(value) && value.length > 0 ? value.map(String) : undefined;

/** What `pkg.get_repo` would know of a repository if it were configured with these keywords of `pkg.mod_repo`. */
export function expandedRepo(ctx: Ctx, repo: string, kwargs: Kwargs): Record<string, Returnable> {
  const expanded = expandPpa(ctx, repo, kwargs['ppa_auth'] === undefined ? undefined : String(kwargs['ppa_auth']));
  const named = repoOf(expanded);
  const pick = (key: string, otherwise: string): string =>
    kwargs[key] === undefined || kwargs[key] === null ? otherwise : String(kwargs[key]);
  const lists = (key: string, otherwise: readonly string[]): readonly string[] =>
    kwargs[key] === undefined ? otherwise : listOf(kwargs[key]);
  const wanted = {
    type: named.types[0] ?? '',
    uri: pick('uri', named.uris[0] ?? ''),
    dist: pick('dist', named.suites[0] ?? ''),
    comps: lists('comps', named.comps),
    architectures: lists('architectures', named.architectures),
    signedby: pick('signedby', named.signedby ?? ''),
    trusted: boolOf(kwargs['trusted']) === true,
  };
  const file = pick('file', expanded === repo ? '/etc/apt/sources.list' : ppaFile(ctx, repo));
  const source = file.endsWith('.sources') ? stanza(wanted, kwargs, file) : line(wanted, file);
  source.disabled = kwargs['disabled'] === undefined ? named.disabled : Boolean(kwargs['disabled']);
  return {
    file,
    comps: source.comps,
    disabled: source.disabled,
    dist: source.suites[0] ?? '',
    suites: source.suites,
    type: source.types[0] ?? '',
    types: source.types,
    uri: source.uris[0] ?? '',
    uris: source.uris,
    line: source.toString(),
    architectures: source.architectures,
    signedby: wanted.signedby,
  };
}

const ppaFile = (ctx: Ctx, repo: string): string => {
  const { owner, name } = ppaOf(repo);
  return `/etc/apt/sources.list.d/${owner}-${name}-${ctx.grains['oscodename']}.list`;
};

interface Wanted {
  readonly type: string;
  readonly uri: string;
  readonly dist: string;
  readonly comps: readonly string[];
  readonly architectures: readonly string[];
  readonly signedby: string;
  readonly trusted: boolean;
}

function line({ type, uri, dist, comps, architectures, signedby, trusted }: Wanted, file: string): Source {
  const options = [
    ...(architectures.length > 0 ? [`arch=${architectures.join(',')}`] : []),
    ...(signedby === '' ? [] : [`signed-by=${signedby}`]),
    ...(trusted ? ['trusted=yes'] : []),
  ];
  const words = [type, ...(options.length > 0 ? [`[${options.join(' ')}]`] : []), uri, dist, ...comps];
  return new LineSource(words.join(' '), file);
}

function stanza({ type, uri, dist, comps, architectures, signedby, trusted }: Wanted, kwargs: Kwargs, file: string): Source {
  const fields = [
    `Types: ${(list(kwargs['types']) ?? [type]).join(' ')}`,
    `URIs: ${(list(kwargs['uris']) ?? [uri]).join(' ')}`,
    `Suites: ${(list(kwargs['suites']) ?? [dist]).join(' ')}`,
    `Components: ${comps.join(' ')}`,
    ...(architectures.length > 0 ? [`Architectures: ${architectures.join(' ')}`] : []),
    ...(signedby === '' ? [] : [`Signed-By: ${signedby}`]),
    ...(trusted ? ['Trusted: yes'] : []),
  ];
  return sourceOf(fields.join('\n'), file);
}
