import { readlink, rm, symlink } from 'node:fs/promises';
import { CallRefused, type Ctx, call, type Returnable } from '../../define.ts';
import { linesOf, unifiedDiff } from './diff.ts';
import { escapeExpression, flagsOf, MULTILINE, pythonExpression, replacer, substitute } from './expressions.ts';
import { exists, expandUser, globPaths, realPath } from './paths.ts';
import { asBytesText, keepBackup, overwriteContent, readTextFile, replaceContent, shown } from './rewrite.ts';
import { textOf } from './words.ts';

/** The unified diff of two contents as the user reads it; empty if they are equal. */
export const contentDiff = (before: string, after: string): string =>
  before === after ? '' : unifiedDiff(linesOf(before).map(shown), linesOf(after).map(shown));

interface Wanted {
  readonly pattern: string;
  readonly repl: string;
  readonly count: number;
  readonly flags: number;
  readonly missing: 'append' | 'prepend' | undefined;
  readonly content: string;
  readonly literal: boolean;
}

/** The content after the replacement; the same text if nothing is to change. */
const replaced = (text: string, wanted: Wanted): string => {
  const repl = asBytesText(wanted.repl);
  const by = wanted.literal ? () => repl : replacer(repl);
  const [made, count] = substitute(text, pythonExpression(asBytesText(wanted.pattern), wanted.flags), by, wanted.count);
  if (count > 0 || wanted.missing === undefined) return made;
  const content = asBytesText(wanted.content);
  // An earlier run may have added it.
  if (pythonExpression(`^${escapeExpression(content)}($|(?=\\r\\n))`, wanted.flags).test(text)) return made;
  if (wanted.missing === 'prepend') return `${content}\n${made}`;
  return `${made}${made === '' || made.endsWith('\n') ? '' : '\n'}${content}\n`;
};

/** Where the path was a link, its backup gets a link too. */
const linkBackup = async (given: string, backup: string): Promise<void> => {
  const target = await readlink(given).catch(() => undefined);
  if (target === undefined) return;
  await rm(`${given}${backup}`, { force: true });
  await symlink(`${target}${backup}`, `${given}${backup}`);
};

const ARGS = {
  path: { type: 'string', required: true, doc: 'the file' },
  pattern: { type: 'string', required: true, doc: 'a Python expression' },
} as const;
const FLAGS = { type: 'any', default: MULTILINE, doc: 'a number, a name or a list of names: IGNORECASE, MULTILINE, DOTALL' } as const;
const BUFSIZE = { type: 'any', default: 1, doc: 'not used' } as const;
const ignoreMissing = { type: 'boolean', default: false, doc: 'answer False if the file is not there' } as const;

const replaceArgs = {
  ...ARGS,
  repl: { type: 'any', required: true, doc: 'the new text; `\\1` and `\\g<name>` stand for groups' },
  count: { type: 'number', default: 0, doc: 'at most so many; 0: all' },
  flags: FLAGS,
  bufsize: BUFSIZE,
  append_if_not_found: { type: 'boolean', default: false, doc: 'add the text at the end if nothing matches' },
  prepend_if_not_found: { type: 'boolean', default: false, doc: 'add the text at the start if nothing matches' },
  not_found_content: { type: 'any', doc: 'what to add then; the new text by default' },
  backup: { type: 'any', default: '.bak', doc: 'the ending of the copy that is kept; False keeps none' },
  dry_run: { type: 'boolean', default: false, doc: 'tell what would change, and change nothing' },
  search_only: { type: 'boolean', default: false, doc: 'only tell whether anything matches' },
  show_changes: { type: 'boolean', default: true, doc: 'return a unified diff rather than whether there were changes' },
  ignore_if_missing: ignoreMissing,
  preserve_inode: { type: 'boolean', default: true, doc: 'write into the file rather than put a new one in its place' },
  backslash_literal: { type: 'boolean', default: false, doc: 'backslashes in the new text mean themselves' },
  encoding: { type: 'string', doc: 'not used: bytes are kept as they are' },
} as const;

export const replacing = {
  replace: call({
    doc: 'Replace what an expression matches, and return the difference.',
    examples: [
      `tsalt '*' file.replace /path/to/file pattern='=' repl=':'`,
      `tsalt '*' file.replace /path/to/file pattern="bind-address\\s*=" repl='bind-address:' flags='[IGNORECASE, MULTILINE]'`,
    ],
    args: replaceArgs,
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const given = await expandUser(args.path);
      const place = await realPath(given);
      if (!(await exists(place))) {
        if (args.ignore_if_missing) return false;
        throw new CallRefused(`File not found: ${place}`);
      }
      const text = await readTextFile(place);
      const wanted = wantedOf(args);
      if (args.search_only) return pythonExpression(asBytesText(wanted.pattern), wanted.flags).test(text);
      const made = replaced(text, wanted);
      if (made !== text && !args.dry_run && !ctx.testing) {
        const backup = args.backup ? textOf(args.backup) : '';
        if (backup !== '') {
          await keepBackup(place, `${place}${backup}`);
          await linkBackup(given, backup);
        }
        await (args.preserve_inode ? overwriteContent : replaceContent)(place, made);
      }
      return args.show_changes ? contentDiff(text, made) : made !== text;
    },
  }),
  search: call({
    doc: 'Whether an expression matches anything in a file.',
    examples: [`tsalt '*' file.search /etc/crontab 'mymaintenance.sh'`],
    args: {
      ...ARGS,
      flags: FLAGS,
      bufsize: BUFSIZE,
      ignore_if_missing: ignoreMissing,
      multiline: { type: 'boolean', default: false, doc: 'as the flag MULTILINE' },
    },
    changes: false,
    async run(_ctx, args) {
      const place = await realPath(args.path);
      if (args.ignore_if_missing && !(await exists(place))) return false;
      const flags = flagsOf(args.flags) | (args.multiline ? MULTILINE : 0);
      return pythonExpression(asBytesText(args.pattern), flags).test(await readTextFile(place));
    },
  }),
  grep: call({
    doc: 'Run grep on a file or glob, with the result of cmd.run_all.',
    examples: [`tsalt '*' file.grep /etc/passwd nobody`, `tsalt '*' file.grep '/etc/*' root -- -i -B2`],
    args: {
      path: { type: 'string', required: true, doc: 'a path or glob' },
      pattern: { type: 'any', required: true, doc: 'what to look for' },
    },
    rest: "grep's options",
    changes: false,
    run: (ctx, args) => grep(ctx, args.path, textOf(args.pattern)),
  }),
};

const grep = async (ctx: Ctx, path: string, pattern: string): Promise<Returnable> => {
  const found = await globPaths(path);
  const options = ctx.rest.map(textOf);
  const several = options.find((option) => /\S\s+\S/.test(option));
  if (several !== undefined) {
    throw new CallRefused(
      'Passing multiple command line arguments in a single string is not supported, ' +
        `please pass the following arguments separately: ${several}`,
    );
  }
  return ctx.call('cmd.run_all', [['grep', ...options, pattern, ...(found.length > 0 ? found : [await expandUser(path)])]], {
    python_shell: false,
  });
};

const wantedOf = (args: {
  readonly pattern: string;
  readonly repl: Returnable;
  readonly count: number;
  readonly flags: Returnable;
  readonly append_if_not_found: boolean;
  readonly prepend_if_not_found: boolean;
  readonly not_found_content: Returnable | undefined;
  readonly search_only: boolean;
  readonly backslash_literal: boolean;
}): Wanted => {
  const { append_if_not_found: append, prepend_if_not_found: prepend } = args;
  if (args.search_only && (append || prepend)) throw new CallRefused('search_only cannot be used with append/prepend_if_not_found');
  if (append && prepend) throw new CallRefused('Only one of append and prepend_if_not_found is permitted');
  const repl = textOf(args.repl);
  return {
    pattern: args.pattern,
    repl,
    count: args.count,
    flags: flagsOf(args.flags),
    missing: append ? 'append' : prepend ? 'prepend' : undefined,
    content: args.not_found_content == null ? repl : textOf(args.not_found_content),
    literal: args.backslash_literal,
  };
};
