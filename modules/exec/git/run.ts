import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import { optionWords, redacted } from './words.ts';

/** Arguments that most calls end with, in this order. */
export const COMMON = {
  user: { type: 'string', doc: 'the user to run git as' },
  password: { type: 'string', doc: 'not used on this system' },
  ignore_retcode: { type: 'boolean', default: false, doc: 'a failure is not logged as an error' },
  output_encoding: { type: 'string', doc: 'the encoding of what git prints' },
} as const;
/** The last two of them. */
export const COMMON_END = { ignore_retcode: COMMON.ignore_retcode, output_encoding: COMMON.output_encoding } as const;
export const CWD = {
  cwd: { type: 'string', required: true, doc: 'the repository; a relative path is one of the home of the user' },
} as const;
export const OPTIONS = {
  opts: { type: 'any', default: '', doc: 'further options of the command: a line, or a list' },
  git_opts: { type: 'any', default: '', doc: 'options of git itself, before the command' },
} as const;
export const IDENTITY = { identity: { type: 'any', doc: 'key files for ssh, tried in turn' } } as const;
export const SALTENV = { saltenv: { type: 'string', default: 'base', doc: 'the environment of salt:// keys' } } as const;

/** What all calls may be given. */
export interface Given {
  readonly cwd?: string | undefined;
  readonly git_opts?: Returnable | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly ignore_retcode?: boolean | undefined;
  readonly output_encoding?: string | undefined;
  readonly identity?: Returnable | undefined;
  readonly saltenv?: string | undefined;
}
export interface Ended {
  readonly retcode: number;
  readonly stdout: string;
  readonly stderr: string;
}
interface How {
  /** stderr goes into stdout: checkouts and fetches tell of themselves there. */
  readonly joined?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** A path, relative to the home of the user. */
export const placeOf = async (ctx: Ctx, path: string, user: string | undefined): Promise<string> => {
  if (isAbsolute(path)) return path;
  const info = user === undefined ? undefined : await ctx.call('user.info', [user]);
  const home = typeof info === 'object' && info !== null && 'home' in info ? String(info.home) : homedir();
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : join(home, path);
};

/** Runs git, and returns how it ended. */
export const tryGit = async (ctx: Ctx, given: Given, words: readonly string[], how: How = {}): Promise<Ended> => {
  const identities = [given.identity ?? []].flat().map(String);
  return identities.length === 0 ? once(ctx, given, words, how) : withIdentities(ctx, given, identities, words, how);
};

const once = async (ctx: Ctx, given: Given, words: readonly string[], how: How): Promise<Ended> => {
  const argv = ['git', ...optionWords(given.git_opts), ...words];
  const options: Record<string, Returnable> = { python_shell: false, redirect_stderr: how.joined ?? false };
  if (given.cwd !== undefined) options['cwd'] = await placeOf(ctx, given.cwd, given.user);
  if (given.user !== undefined) options['runas'] = given.user;
  if (given.output_encoding !== undefined) options['output_encoding'] = given.output_encoding;
  if (how.env !== undefined && Object.keys(how.env).length > 0) options['env'] = how.env;
  return (await ctx.call('cmd.run_all', [argv], { ...options, ignore_retcode: given.ignore_retcode ?? false })) as unknown as Ended;
};

const SSH = 'ssh -oStrictHostKeyChecking=no -oPasswordAuthentication=no -oKbdInteractiveAuthentication=no -oBatchMode=yes';

const withIdentities = async (
  ctx: Ctx,
  given: Given,
  identities: readonly string[],
  words: readonly string[],
  how: How,
): Promise<Ended> => {
  const folder = await mkdtemp(join(tmpdir(), 'git-identity-'));
  const [errors, missing]: [string[], string[]] = [[], []];
  try {
    if (given.user !== undefined) await chmod(folder, 0o711);
    for (const [index, identity] of identities.entries()) {
      const key = await keyFile(ctx, identity, join(folder, String(index)), given);
      if (key === undefined) {
        missing.push(identity);
        continue;
      }
      const env = { ...how.env, GIT_SSH_COMMAND: `${SSH} -i '${key.replaceAll("'", "'\\''")}'` };
      const ended = await once(ctx, given, words, { ...how, env });
      if (ended.retcode === 0) return ended;
      errors.push(redacted(how.joined ? ended.stdout : ended.stderr));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const told = errors.length > 0 ? `Unable to authenticate using identity file:\n\n${errors.join('\n')}` : '';
  const absent = missing.length > 0 ? `The following identity file(s) were not found: ${missing.join(', ')}` : '';
  throw new CommandFailed([told, absent].filter((part) => part !== '').join('\n\n'));
};

/** A key file that the user may read; undefined if it is not there. */
const keyFile = async (ctx: Ctx, identity: string, place: string, given: Given): Promise<string | undefined> => {
  if (!identity.startsWith('salt://')) return (await ctx.call('file.file_exists', [identity])) === true ? identity : undefined;
  const fetched = await ctx.call('cp.get_file', [identity, place, given.saltenv ?? 'base']);
  if (typeof fetched !== 'string' || fetched === '') return undefined;
  await chmod(fetched, 0o600);
  if (given.user !== undefined) await ctx.call('file.chown', [fetched, given.user, '']);
  return fetched;
};

/** Runs git, and returns what it prints. Throws CommandFailed, with what it complains about, if it fails. */
export const git = async (ctx: Ctx, given: Given, words: readonly string[], how: How = {}): Promise<string> => {
  const ended = await tryGit(ctx, given, words, how);
  if (ended.retcode === 0) return ended.stdout;
  const said = how.joined ? ended.stdout : ended.stderr;
  const command = ['git', ...optionWords(given.git_opts), ...words].join(' ');
  throw new CommandFailed(redacted(`Command '${command}' failed${said === '' ? '' : `: ${said}`}`));
};

/** Throws CallRefused, in Salt's words, if there are `**kwargs` other than these. */
export const refuseOthers = (ctx: Ctx, known: readonly string[] = []): void => {
  const odd = Object.entries(ctx.extra).filter(([name]) => !name.startsWith('__') && !known.includes(name));
  if (odd.length > 0)
    throw new CallRefused(`The following keyword arguments are not valid: ${odd.map(([name, value]) => `${name}=${value}`).join(', ')}`);
};
