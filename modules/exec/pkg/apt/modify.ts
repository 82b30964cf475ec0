import { CallRefused, CommandFailed, type Ctx, type Returnable } from '../../../define.ts';
import { isTrue, keyword, keywordText, listOf } from '../kwargs.ts';
import { importRepoKeys, proxyUrl } from './import_keys.ts';
import { expandPpa, ppaInfo, ppaOf, refusePpa } from './ppa.ts';
import { apt, text } from './run.ts';
import { LineSource, lineOf, repoOf } from './sources/line.ts';
import { SourceList, sourceOf } from './sources/list.ts';
import { boolOf, type Source, withoutSlash } from './sources/source.ts';
import { StanzaSource } from './sources/stanza.ts';
import { refresh } from './tool.ts';

export interface Modification {
  readonly repo: string;
  readonly saltenv: string;
  readonly aptkey: boolean;
}

/** What the call's keywords say of an entry; undefined where they say nothing. */
interface Wishes {
  readonly file: string | undefined;
  readonly comps: readonly string[] | undefined;
  readonly architectures: readonly string[] | undefined;
  readonly disabled: boolean | undefined;
  readonly dist: string | undefined;
  readonly type: string | undefined;
  readonly trusted: boolean | undefined;
  readonly comment: string | undefined;
}

/** Adds a repository or changes it, and answers with what is known of it then, by its entry. */
export const modifyRepo = async (ctx: Ctx, asked: Modification, find: (repo: string) => Promise<Returnable>): Promise<Returnable> => {
  refusePpa(ctx, asked.repo);
  const aptkey = asked.aptkey && ctx.host.which('apt-key') !== undefined;
  if (!asked.repo.startsWith('ppa:')) return change(ctx, { ...asked, aptkey }, wishesOf(ctx), find);
  const auth = keywordText(ctx, 'ppa_auth');
  if (auth === undefined && ctx.host.which('apt-add-repository') !== undefined) return addPpa(ctx, asked.repo, find);
  const ppa = ppaOf(asked.repo);
  const { fingerprint, isPrivate } = await ppaInfo(ctx, ppa);
  if (auth !== undefined && keyword(ctx, 'keyid') === undefined)
    throw new CommandFailed(`Private PPAs require a keyid to be specified: ${ppa.owner}/${ppa.name}`);
  if (auth !== undefined && !isPrivate) throw new CommandFailed(`PPA is not private but auth credentials passed: ${asked.repo}`);
  const dist = String(ctx.grains['oscodename']);
  const wishes = { ...wishesOf(ctx), dist };
  const file = wishes.file ?? `/etc/apt/sources.list.d/${ppa.owner}-${ppa.name}-${dist}.list`;
  const key = { keyid: keyword(ctx, 'keyid') ?? fingerprint, keyserver: keyword(ctx, 'keyserver') ?? 'keyserver.ubuntu.com' };
  return change(ctx, { ...asked, repo: expandPpa(ctx, asked.repo, auth), aptkey }, { ...wishes, file }, find, key);
};

/** By Ubuntu's own program, which fetches the key too. */
const addPpa = async (ctx: Ctx, repo: string, find: (repo: string) => Promise<Returnable>): Promise<Returnable> => {
  const known = await find(repo);
  if (typeof known === 'object' && known !== null && Object.keys(known).length > 0) return { [repo]: known };
  const proxy = proxyUrl(ctx);
  const env = proxy === undefined ? {} : { http_proxy: proxy, https_proxy: proxy };
  const ran = await apt(ctx, ['apt-add-repository', '-y', repo], { env });
  const result = { pid: ran.pid, retcode: ran.code, stdout: text(ran.stdout).trimEnd(), stderr: text(ran.stderr).trimEnd() };
  if (ran.code !== 0)
    throw new CommandFailed(`Unable to add PPA '${repo.slice(4)}'. apt-add-repository exited with status ${ran.code}: '${result.stderr}'`);
  if (wantsRefresh(ctx)) await refresh(ctx, {});
  return { [repo]: result };
};

const wantsRefresh = (ctx: Ctx): boolean => {
  const asked = Object.hasOwn(ctx.extra, 'refresh_db') ? ctx.extra['refresh_db'] : ctx.extra['refresh'];
  return asked === undefined || Boolean(asked);
};

const wishesOf = (ctx: Ctx): Wishes => {
  const given = (name: string): boolean => Object.hasOwn(ctx.extra, name);
  const enabled = given('enabled') ? !isTrue(ctx.extra['enabled']) : undefined;
  const comments = keyword(ctx, 'comments');
  return {
    file: keywordText(ctx, 'file'),
    comps: given('comps') ? listOf(ctx.extra['comps']) : undefined,
    architectures: given('architectures') ? listOf(ctx.extra['architectures']) : undefined,
    disabled: given('disabled') ? isTrue(ctx.extra['disabled']) : enabled,
    dist: keywordText(ctx, 'dist'),
    type: keywordText(ctx, 'type'),
    trusted: boolOf(keyword(ctx, 'trusted') ?? keyword(ctx, 'Trusted')),
    comment: comments === undefined ? undefined : [comments].flat().map(String).join(' ').trim(),
  };
};

const change = async (
  ctx: Ctx,
  asked: Modification,
  wishes: Wishes,
  find: (repo: string) => Promise<Returnable>,
  ppaKey: Readonly<Record<string, Returnable>> = {},
): Promise<Returnable> => {
  const repo = repoOf(asked.repo);
  if (repo.invalid)
    throw new CallRefused(`Name ${asked.repo} is not valid. This must be the complete repo entry as seen in the sources file`);
  const list = await SourceList.read(ctx);
  if (isTrue(ctx.extra['consolidate'])) list.replace(consolidated(list.valid));
  await importRepoKeys(ctx, asked, repo.signedby ?? '', { ...ctx.extra, ...ppaKey });
  const known = list.valid.find((source) => isMeant(source, repo, wishes));
  if (known === undefined && !asked.aptkey && !repo.signedby && wishes.trusted !== true)
    throw new CallRefused("missing 'signedby' or 'trusted' option when apt-key is missing");
  if (known instanceof StanzaSource) changeStanza(known, repo, wishes);
  else if (known !== undefined) list.exchange(known, changedLine(asked.repo, known, wishes));
  else list.add(madeFrom(asked.repo, repo, wishes));
  await list.save();
  if (wantsRefresh(ctx)) await refresh(ctx, {});
  return { [asked.repo]: await find(asked.repo) };
};

/** The entry of that type, URI and suite that shares a component or has other architectures. */
const isMeant = (source: Source, repo: LineSource, wishes: Wishes): boolean => {
  const [type = '', uri = '', suite = ''] = [repo.types[0], repo.uris[0], repo.suites[0]];
  const byRepo = source.types.includes(type) && source.uris.map(withoutSlash).includes(withoutSlash(uri)) && source.suites.includes(suite);
  const byWish = source.suites.includes(wishes.dist ?? '') && source.types.includes(wishes.type ?? '');
  if (!byRepo && !byWish) return false;
  const comps = [...repo.comps, ...(wishes.comps ?? [])];
  const architectures = wishes.architectures ?? repo.architectures;
  return (
    source.comps.length === 0 || source.comps.some((comp) => comps.includes(comp)) || architectures.join() !== source.architectures.join()
  );
};

const changedLine = (text: string, known: Source, wishes: Wishes): LineSource => {
  const line = new LineSource(text, wishes.file ?? known.file);
  return Object.assign(line, {
    types: known.types,
    suites: wishes.dist === undefined ? known.suites : [wishes.dist],
    comps: wishes.comps ?? line.comps,
    architectures: wishes.architectures ?? line.architectures,
    disabled: wishes.disabled ?? known.disabled,
    trusted: wishes.trusted ?? known.trusted,
    comment: wishes.comment ?? known.comment,
  });
};

const changeStanza = (known: Source, repo: LineSource, wishes: Wishes): void => {
  if (wishes.comment !== undefined) known.comment = wishes.comment;
  if (wishes.file !== undefined) known.file = wishes.file;
  if (wishes.dist !== undefined) known.suites = [wishes.dist];
  if (wishes.disabled !== undefined) known.disabled = wishes.disabled;
  if (wishes.trusted !== undefined) known.trusted = wishes.trusted;
  if (wishes.architectures !== undefined) known.architectures = wishes.architectures;
  known.signedby = repo.signedby ?? '';
  known.comps = wishes.comps ?? repo.comps;
  if (wishes.architectures === undefined && (repo.architectures.length > 0 || known.architectures.length > 0))
    known.architectures = repo.architectures;
};

const madeFrom = (text: string, repo: LineSource, wishes: Wishes): Source => {
  if (!wishes.file?.endsWith('.sources')) {
    const line = new LineSource(text, wishes.file);
    return changedLine(text, line, { ...wishes, file: line.file });
  }
  const fields = [
    `Types: ${repo.types.join(' ')}`,
    `URIs: ${repo.uris.join(' ')}`,
    `Suites: ${repo.suites.join(' ')}`,
    `Components: ${repo.comps.join(' ')}`,
    ...((wishes.trusted ?? repo.trusted) ? ['Trusted: yes'] : []),
  ];
  const stanza = sourceOf(fields.join('\n'), wishes.file);
  changeStanza(stanza, repo, wishes);
  return stanza;
};

/** All entries as lines of the main file, those of the same repository in one. */
const consolidated = (sources: readonly Source[]): Source[] => {
  const lines = new Map<string, LineSource>();
  for (const source of sources) {
    for (const type of source.types)
      for (const uri of source.uris)
        for (const suite of source.suites) {
          const key = JSON.stringify([source.architectures, source.disabled, type, uri, suite]);
          const line = lines.get(key) ?? lineOf(source, type, uri, suite);
          line.comps = [...new Set([...line.comps, ...source.comps])];
          lines.set(key, line);
        }
  }
  return [...lines.values()];
};
