import { isDeepStrictEqual } from 'node:util';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { CommandFailed } from '../../../modules/define.ts';
import { expandedRepo } from '../../../modules/exec/pkg/apt/expand.ts';
import { messageOf } from '../../../protocol/errors.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { isAlike } from './alike.ts';
import { family, isDebian, isTrueWord, type Repo, repoOf } from './words.ts';

export const MANAGED = {
  name: { type: 'string', required: true, doc: 'on Debian the whole entry, as in a .list file; elsewhere the id of the repository' },
  ppa: { type: 'any', doc: 'a PPA of Ubuntu: `owner/name`' },
  copr: { type: 'string', doc: 'a project of Copr' },
  aptkey: { type: 'boolean', default: true, doc: 'keys go to apt-key; False: to the file that signed-by names' },
  enabled: { type: 'any', doc: 'whether it is used; by default it is' },
  disabled: { type: 'any', doc: 'the contrary' },
  allow_insecure_key: { type: 'boolean', default: true, doc: 'fetch `key_url` by http also without encryption' },
} as const;
type Args = ArgsOf<typeof MANAGED>;

/** How the repository is named to the package tool, and with which arguments. */
interface Asked {
  readonly repo: string;
  readonly kwargs: Repo;
}

/** A repository that is configured. */
export async function managed(ctx: StateCtx, args: Args): Promise<Verdict> {
  const refused = await refusal(ctx, args);
  if (refused !== undefined) return failed(refused);
  const { name } = args;
  const asked = askedFor(ctx, args);
  let before: Repo | undefined;
  try {
    before = await repoOf(ctx, asked.repo, asked.kwargs);
  } catch (error) {
    if (error instanceof CommandFailed) return failed(`Failed to examine repo '${name}': ${error.message}`);
    throw error;
  }
  const wished = isDebian(ctx) ? expandedRepo(ctx, asked.repo, asked.kwargs) : asked.kwargs;
  const known = before !== undefined && !(await hasOthers(ctx, name, asked.kwargs)) ? before : undefined;
  if (known !== undefined && isAlike(ctx, wished, known, asked.kwargs)) return inOrder(`Package repo '${name}' already configured`);
  const compared = known === undefined ? wished : Object.fromEntries(Object.entries(wished).filter(([key]) => key !== 'file'));
  return {
    predicted: {
      comment: `Package repo '${name}' would be configured. This may cause pkg states to behave differently than stated if this action is repeated without test=True, due to the differences in the configured repositories.`,
      changes: before === undefined ? { repo: name } : changesOf(compared, before, compared),
    },
    apply: async () => await configure(ctx, args, { ...asked, kwargs: withUri(ctx, asked.kwargs, compared, before) }, { before, compared }),
  };
}

async function refusal(ctx: StateCtx, { enabled, disabled, allow_insecure_key: insecure }: Args): Promise<string | undefined> {
  if (!(await ctx.has('pkg.get_repo'))) return 'Repo management not implemented on this platform';
  if ('repo' in ctx.extra) return "'repo' is not a supported argument for this state. The 'name' argument is probably what was intended.";
  if (enabled !== undefined && disabled !== undefined) return 'Only one of enabled/disabled is allowed';
  if (
    !insecure &&
    String(ctx.extra['key_url'] ?? '')
      .trim()
      .startsWith('http:')
  )
    return "Cannot have 'key_url' using http with 'allow_insecure_key' set to True";
  return undefined;
}

function askedFor(ctx: StateCtx, { name, ppa, copr, enabled, disabled }: Args): Asked {
  const off = enabled === undefined ? isTrueWord(disabled) : !isTrueWord(enabled);
  if (isDebian(ctx)) return { repo: ppa === undefined ? name : `ppa:${String(ppa)}`, kwargs: { ...ctx.extra, name, disabled: off } };
  const { humanname, ...others } = ctx.extra;
  const repo = family(ctx) === 'RedHat' && copr !== undefined ? `copr:${copr}` : name;
  return { repo, kwargs: { ...others, name: humanname ?? name, enabled: !off } };
}

/** With `clean_file`, whether its file has entries other than the one wished. */
async function hasOthers(ctx: StateCtx, name: string, kwargs: Repo): Promise<boolean> {
  const { clean_file: clean, file } = kwargs;
  if (!clean || typeof file !== 'string' || (await ctx.call('file.file_exists', [file])) !== true) return false;
  const text = String(await ctx.call('file.read', [file]));
  return text.split('\n').some((line) => line.trim() !== '' && !line.trim().startsWith('#') && line.trim() !== name.trim());
}

/** An entry that is found by another form of its URI gets the one wished. */
function withUri(ctx: StateCtx, kwargs: Repo, wished: Repo, before: Repo | undefined): Repo {
  if (!isDebian(ctx) || before === undefined) return kwargs;
  const added: Record<string, Returnable> = {};
  if (!('uri' in kwargs) && before['uri'] !== wished['uri']) added['uri'] = wished['uri'] ?? null;
  const [first] = (wished['uris'] ?? []) as readonly string[];
  const uris = (before['uris'] ?? []) as readonly string[];
  if (!('uris' in kwargs) && first !== undefined && !uris.includes(first)) added['uris'] = wished['uris'] ?? null;
  return { ...kwargs, ...added };
}

function changesOf(now: Repo, before: Repo, keys: Repo): Record<string, Returnable> {
  const differing = Object.keys(keys).filter((key) => !isDeepStrictEqual(now[key] ?? null, before[key] ?? null));
  return Object.fromEntries(differing.map((key) => [key, { new: now[key] ?? null, old: before[key] ?? null }]));
}

interface Found {
  readonly before: Repo | undefined;
  readonly compared: Repo;
}

async function configure(ctx: StateCtx, { name, aptkey }: Args, { repo, kwargs }: Asked, { before, compared }: Found): Promise<Outcome> {
  if (kwargs['clean_file']) await emptied(ctx, String(kwargs['file']));
  try {
    await ctx.call('pkg.mod_repo', [repo], isDebian(ctx) ? { ...kwargs, saltenv: ctx.saltenv, aptkey } : kwargs);
  } catch (error) {
    return failed(`Failed to configure repo '${name}': ${messageOf(error)}`);
  }
  try {
    const after = (await repoOf(ctx, repo, kwargs)) ?? {};
    return inOrder(`Configured package repo '${name}'`, before === undefined ? { repo } : changesOf(after, before, compared));
  } catch (error) {
    return failed(`Failed to confirm config of repo '${name}': ${messageOf(error)}`);
  }
}

async function emptied(ctx: StateCtx, file: string): Promise<void> {
  await ctx.call('file.touch', [file]);
  await ctx.call('file.truncate', [file, 0]);
}
