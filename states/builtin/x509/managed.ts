import { existsSync, lstatSync, realpathSync, rmSync } from 'node:fs';
import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { backUp } from '../../../modules/exec/file/backups.ts';
import { replaceContent } from '../../../modules/exec/file/rewrite.ts';
import type { Outcome, StateCtx, Verdict } from '../../define.ts';

type Given = Readonly<Record<string, Returnable>>;
export type Changes = Record<string, Returnable>;

/** Arguments that go to `file.managed`. */
const OF_FILES = new Set(
  (
    'user group mode attrs makedirs dir_mode backup create follow_symlinks check_cmd tmp_dir tmp_ext selinux file_encoding ' +
    'encoding_errors win_owner win_perms win_deny_perms win_inheritance win_perms_reset'
  ).split(' '),
);

/** Further arguments, those of the file apart from the others. */
export function split(extra: Given): { readonly file: Given; readonly others: Given } {
  const entries = Object.entries(extra);
  const file = entries.filter(([key]) => OF_FILES.has(key)).map(([key, value]) => [key === 'file_encoding' ? 'encoding' : key, value]);
  return {
    file: { show_changes: false, ...Object.fromEntries(file) },
    others: Object.fromEntries(entries.filter(([key]) => !OF_FILES.has(key))),
  };
}

/** @throws for arguments that neither the state nor a file has */
export function onlyOfFiles(extra: Given, ignored: readonly string[] = []): Given {
  const { file, others } = split(extra);
  const odd = Object.keys(others).filter((key) => !ignored.includes(key));
  if (odd.length > 0) throw new Error(`Unrecognized keyword arguments: [${odd.map((key) => `'${key}'`).join(', ')}]`);
  return file;
}

/** What `file.managed` answered. */
interface Sub extends Given {
  readonly result: boolean | null;
  readonly comment: string;
  readonly changes: Given;
}

/** Something that a file holds. */
export interface Thing {
  readonly name: string;
  /** `certificate`: what the comments call it. */
  readonly noun: string;
  readonly file: Given;
  /** What is made is text; else it is base64 of the bytes. */
  readonly isText: boolean;
  /** What differs from what is wanted. `path`: the file, undefined when there is none. `isAgain`: it is made anew. */
  look(path: string | undefined, unlinked: boolean): Look | Promise<Look>;
  /** What the file is to hold. `path`: the file that is there. */
  make(changes: Changes, path: string | undefined): Promise<Returnable>;
}
export interface Look {
  readonly changes: Changes;
  readonly isAgain: boolean;
}

/** `file.managed` of the thing's file: a state of its own, whose result is part of ours. */
export async function fileManaged(ctx: StateCtx, name: string, args: Given): Promise<Sub> {
  const results = await ctx.call('state.single', ['file.managed', name], { test: ctx.testing, concurrent: true, ...args });
  const [sub] = typeof results === 'object' && results !== null && !Array.isArray(results) ? Object.values(results) : [];
  if (sub === undefined) throw new CommandFailed(`Failed running file.managed in x509_v2 state: ${String(results)}`);
  return sub as Sub;
}

/** A thing that is made anew when it is not as wanted, and its file. */
export async function managed(ctx: StateCtx, thing: Thing): Promise<Verdict> {
  const { name, noun, file } = thing;
  const low = { name, state: 'file', __id__: ctx.chunk.id, fun: 'managed' };
  const told = (outcome: Omit<Outcome, 'more'>, ...subs: readonly Sub[]): Outcome => ({
    ...outcome,
    more: { sub_state_run: subs.map((sub) => ({ ...sub, low })) },
  });
  const right = { result: true, comment: `The ${noun} is in the correct state`, changes: {} };
  return await refusedAsResult(async () => {
    const foreseen = await fileManaged(ctx, name, { ...file, test: true, replace: false });
    if (foreseen.result === false)
      return told({ result: false, comment: 'Problem while testing file.managed changes, see its output', changes: {} }, foreseen);
    if (foreseen.comment.includes('is not present and is not set for creation')) return told(right, foreseen);
    const place = placeOf(name, file['follow_symlinks'] !== false);
    const { changes, isAgain } = await thing.look(place.path, place.isLink);
    const isChanged = Object.keys(changes).length > 0;
    if (!isChanged && Object.keys(foreseen.changes).length === 0) return told(right, foreseen);
    const verb = isAgain && isChanged ? 'recreate' : 'create';
    const comment = isChanged ? `The ${noun} would have been ${verb}d` : right.comment;
    return {
      predicted: told({ result: isChanged ? null : true, comment, changes }, foreseen),
      apply: async () => {
        if (place.isLink) rmSync(name);
        return await refusedAsResult(async () => {
          const content = isChanged ? await thing.make(changes, place.path) : undefined;
          const isHere = content !== undefined && thing.isText;
          const sub = await fileManaged(ctx, name, { ...file, ...(isHere ? { contents: content } : {}), replace: isHere });
          if (sub.result === false) {
            const fault = `Could not ${isAgain ? 'update' : 'create'} file, see file.managed output`;
            return told({ result: false, comment: fault, changes: {} }, sub);
          }
          if (content !== undefined && !thing.isText) await write(ctx, place.path ?? name, String(content), file['backup'] ?? '');
          return told({ result: true, comment: isChanged ? `The ${noun} has been ${verb}d` : right.comment, changes }, sub);
        });
      },
    };
  });
}

/** What the functions refuse is the result, as Salt has it. */
export async function refusedAsResult<T>(run: () => Promise<T>): Promise<T | Outcome> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CommandFailed) return { result: false, comment: error.message, changes: {} };
    throw error;
  }
}

/** Where the file is. A link that is not to be followed gives way to a file. */
function placeOf(name: string, follow: boolean): { readonly path: string | undefined; readonly isLink: boolean } {
  const isLink = lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (isLink && !follow) return { path: undefined, isLink: true };
  return { path: existsSync(name) ? realpathSync(name) : undefined, isLink: false };
}

async function write(ctx: StateCtx, path: string, base64: string, backup: Returnable): Promise<void> {
  const mode = await ctx.call('config.backup_mode', [backup]);
  if (mode === 'minion' || mode === 'both') await backUp(ctx, path);
  await replaceContent(path, Buffer.from(base64, 'base64'));
}
