import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import type { Outcome, StateCtx } from '../../define.ts';
import { defined } from '../defined.ts';

const text = (doc: string) => ({ type: 'any', doc }) as const;
/** Arguments that all states have. */
export const COMMON = {
  user: text('the user to run git as'),
  password: text('not used on this system'),
  output_encoding: text('the encoding of what git prints'),
} as const;
export const ACCESS = {
  identity: text('key files for ssh, tried in turn'),
  https_user: text('the user of https'),
  https_pass: text('the password of https'),
} as const;

type Given = Readonly<Record<string, Returnable | undefined>>;

/** A failure of git without the command that failed. */
export const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^Command ['"].+['"] failed: /, '');

export const sentence = (comments: readonly string[]): string => comments.join('. ') + (comments.length > 1 ? '.' : '');
export const short = (sha: string | undefined): string => sha?.slice(0, 7) ?? 'None';

/** What failed, and what had been done before. */
export const fail = (message: string, comments: readonly string[] = [], changes: Outcome['changes'] = {}): Outcome => ({
  result: false,
  comment: comments.length > 0 ? `${message}\n\nChanges already made: ${sentence(comments)}` : message,
  changes,
});
/** What would be done. */
export const wouldBe = (comment: string, changes: Outcome['changes'] = {}): Outcome => ({ result: null, comment, changes });

/** A repository, whose functions are called with what all of them are given. */
export class Repository {
  readonly #ctx: StateCtx;
  readonly #common: Readonly<Record<string, Returnable>>;
  readonly #access: Readonly<Record<string, Returnable>>;
  readonly place: string;

  constructor(ctx: StateCtx, place: string, args: Given) {
    const { user, password, output_encoding, identity, https_user, https_pass } = args;
    this.#ctx = ctx;
    this.#common = defined({ user, password, output_encoding });
    this.#access = defined({ identity, https_user, https_pass });
    this.place = place;
  }

  async run(fun: string, args: readonly Returnable[] = [], more: Given = {}): Promise<Returnable> {
    return this.#ctx.call(`git.${fun}`, [this.place, ...args], { ...this.#common, ...defined(more) });
  }

  /** As `run`, with what a remote wants to know of who asks. */
  async reach(fun: string, args: readonly Returnable[], more: Given = {}, withHttps = false): Promise<Returnable> {
    const { identity } = this.#access;
    return this.run(fun, args, { ...(withHttps ? this.#access : defined({ identity })), saltenv: this.#ctx.saltenv, ...more });
  }

  /** What a function answers; undefined when it fails. */
  async ask(fun: string, args: readonly Returnable[] = [], more: Given = {}): Promise<string | undefined> {
    try {
      return String(await this.run(fun, args, { ignore_retcode: true, ...more }));
    } catch (error) {
      if (error instanceof CommandFailed) return undefined;
      throw error;
    }
  }

  async revision(): Promise<string | undefined> {
    return this.ask('revision');
  }

  /** The refs of a remote by its URL, with their hashes. */
  async remoteRefs(url: string, more: Given = {}): Promise<Readonly<Record<string, string>>> {
    const how = { ...this.#common, ...this.#access, ...defined(more) };
    return (await this.#ctx.call('git.remote_refs', [url], how)) as Readonly<Record<string, string>>;
  }

  async remotes(): Promise<Readonly<Record<string, { readonly fetch: string }>>> {
    return (await this.run('remotes', [], { redact_auth: false })) as Readonly<Record<string, { readonly fetch: string }>>;
  }

  async list(what: 'list_branches' | 'list_tags'): Promise<readonly string[]> {
    return (await this.run(what)) as readonly string[];
  }

  async isWorktree(): Promise<boolean> {
    return (await this.run('is_worktree')) === true;
  }
}
