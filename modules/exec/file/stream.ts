import { CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { linesOf, unifiedDiff } from './diff.ts';
import { pythonExpression, replacer, substitute } from './expressions.ts';
import { exists, expandUser, isFile, realPath } from './paths.ts';
import { asBytesText, keepBackup, overwriteContent, readTextFile, shown } from './rewrite.ts';
import { textOf } from './words.ts';

const path = { type: 'string', required: true, doc: 'the file' } as const;
const backup = { type: 'any', default: '.bak', doc: 'the ending of the copy that is kept' } as const;
const BEFORE_AFTER = {
  path,
  before: { type: 'any', required: true, doc: 'the expression' },
  after: { type: 'any', required: true, doc: 'the new text' },
  limit: { type: 'any', default: '', doc: 'act only on lines that match this' },
} as const;
const escapeAll = { type: 'boolean', default: false, doc: 'special characters mean themselves' } as const;

const escaped = (text: string, all: boolean): string => {
  const plain = text.replaceAll("'", `'"'"'`).replaceAll('/', '\\/');
  return all ? plain.replace(/[\^.[$()|*+?{]/g, '\\$&') : plain;
};

/** Comments or uncomments the lines that match, and returns the difference of those lines; False if none does. */
const commentLines = async (
  ctx: Ctx,
  given: string,
  regex: string,
  char: string,
  comment: boolean,
  ending: Returnable,
): Promise<Returnable> => {
  const place = await realPath(given);
  if (!(await isFile(place))) throw new CallRefused(`File not found: ${place}`);
  const text = await readTextFile(place);
  const core = asBytesText(regex).replace(/^\^+/, '').replace(/\$+$/, '');
  const end = regex.endsWith('$') ? '$' : '';
  const mark = asBytesText(char);
  const pattern = comment ? `${regex.startsWith('^') ? '^' : ''}(${core})${end}` : `^${mark}\\s*(${core})${end}`;
  const expression = pythonExpression(pattern);
  const changed = (line: string): string => {
    if (comment) return mark + line;
    let at = 0;
    while (at < line.length && mark.includes(line.charAt(at))) at += 1;
    return line.slice(at);
  };
  const lines = linesOf(text);
  const matching = lines.filter((line) => matchesAtStart(expression, line));
  if (matching.length === 0) return false;
  if (!ctx.testing) {
    if (ending) await keepBackup(place, `${place}${textOf(ending)}`);
    await overwriteContent(place, lines.map((line) => (matchesAtStart(expression, line) ? changed(line) : line)).join(''));
  }
  return unifiedDiff(
    matching.map(shown),
    matching.map((line) => shown(changed(line))),
  );
};

const matchesAtStart = (expression: RegExp, line: string): boolean => {
  expression.lastIndex = 0;
  return expression.exec(line)?.index === 0;
};

const commenting = (name: string, comment: boolean) =>
  call({
    doc: comment ? 'Put a comment sign before lines that match.' : 'Take the comment sign off lines that match.',
    examples: [`tsalt '*' file.${name} /etc/modules pcspkr`],
    args: {
      path,
      regex: { type: 'string', required: true, doc: 'what lines match, without the sign' },
      char: { type: 'string', default: '#', doc: 'the comment sign' },
      backup,
    },
    changes: true,
    run: (ctx, args) => commentLines(ctx, args.path, args.regex, args.char, comment, args.backup),
  });

const FLAG_NUMBERS: Readonly<Record<string, number>> = { I: 2, L: 4, M: 8, S: 16, U: 32, X: 64 };

export const streams = {
  comment: commenting('comment', true),
  uncomment: commenting('uncomment', false),
  comment_line: call({
    doc: 'Comment or uncomment lines that match.',
    examples: ["tsalt '*' file.comment_line /etc/modules pcspkr cmnt=False"],
    args: {
      path,
      regex: { type: 'string', required: true, doc: 'what lines match' },
      char: { type: 'string', default: '#', doc: 'the comment sign' },
      cmnt: { type: 'boolean', default: true, doc: 'comment rather than uncomment' },
      backup,
    },
    changes: true,
    run: (ctx, args) => commentLines(ctx, args.path, args.regex, args.char, args.cmnt, args.backup),
  }),
  sed: call({
    doc: 'Replace by the program sed, with the result of cmd.run_all.',
    examples: [`tsalt '*' file.sed /etc/httpd/httpd.conf 'LogLevel warn' 'LogLevel info'`],
    args: {
      ...BEFORE_AFTER,
      backup,
      options: { type: 'string', default: '-r -e', doc: "sed's options" },
      flags: { type: 'string', default: 'g', doc: "flags of sed's command" },
      escape_all: escapeAll,
      negate_match: { type: 'boolean', default: false, doc: 'act on lines that do not match the limit' },
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const place = await expandUser(args.path);
      if (!(await exists(place))) return false;
      const [before, after, limit] = [args.before, args.after, args.limit].map((text) => escaped(textOf(text), args.escape_all));
      const command = `${limit ? `/${limit}/ ` : ''}${args.negate_match ? '!' : ''}s/${before}/${after}/${args.flags}`;
      const options = args.options.split(/\s+/).filter((option) => option !== '');
      return ctx.call('cmd.run_all', [['sed', args.backup ? `-i${textOf(args.backup)}` : '-i', ...options, command, place]], {
        python_shell: false,
      });
    },
  }),
  sed_contains: call({
    doc: 'Whether sed finds a text in a file.',
    examples: ["tsalt '*' file.sed_contains /etc/crontab 'mymaintenance.sh'"],
    args: {
      path,
      text: { type: 'any', required: true, doc: 'the expression' },
      limit: { type: 'any', default: '', doc: 'look only at lines that match' },
      flags: { type: 'string', default: 'g', doc: "flags of sed's command" },
    },
    changes: false,
    async run(ctx, args) {
      const place = await expandUser(args.path);
      if (!(await exists(place))) return false;
      const limit = escaped(textOf(args.limit), false);
      const command = `${limit === '' ? '' : `/${limit}/ `}s/${escaped(textOf(args.text), false)}/$/p${args.flags}`;
      const { stdout } = await ctx.spawn(['sed', '-n', '-r', '-e', command, place]);
      return stdout.toString('utf8').trim() !== '';
    },
  }),
  psed: call({
    doc: 'Replace in a whole file by a Python expression.',
    examples: [`tsalt '*' file.psed /etc/httpd/httpd.conf 'LogLevel warn' 'LogLevel info'`],
    args: {
      ...BEFORE_AFTER,
      backup,
      flags: { type: 'string', default: 'gMS', doc: 'g: all of them; I, M, S, X as in Python' },
      escape_all: escapeAll,
      multi: { type: 'boolean', default: false, doc: 'not used' },
    },
    changes: true,
    async run(_ctx, args) {
      const place = await expandUser(args.path);
      if (textOf(args.limit) !== '') throw new CommandFailed('file.psed: limit is not supported, use file.sed or file.replace');
      const flags = [...args.flags].reduce((all, flag) => all | (FLAG_NUMBERS[flag] ?? 0), 0);
      const before = asBytesText(escaped(textOf(args.before), args.escape_all));
      const text = await readTextFile(place);
      const [made] = substitute(
        text,
        pythonExpression(before, flags),
        replacer(asBytesText(textOf(args.after))),
        args.flags.includes('g') ? 0 : 1,
      );
      await keepBackup(place, `${place}${textOf(args.backup)}`);
      await overwriteContent(place, made);
      return null;
    },
  }),
};
