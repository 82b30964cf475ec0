import { CommandFailed, call, type Returnable } from '../../define.ts';
import { linesOf } from './diff.ts';
import { DOTALL, pythonExpression } from './expressions.ts';
import { isFile, realPath } from './paths.ts';
import { contentDiff } from './replace.ts';
import { asBytesText, keepBackup, readTextFile, replaceContent } from './rewrite.ts';
import { textOf } from './words.ts';

type Mode = 'insert' | 'ensure' | 'delete' | 'replace';
interface Where {
  readonly content: string;
  readonly match: readonly string[] | undefined;
  readonly before: readonly string[] | undefined;
  readonly after: readonly string[] | undefined;
  readonly location: string | undefined;
  readonly indent: boolean;
}

const endOf = (line: string): string => /(\r\n|\n|\r)$/.exec(line)?.[0] ?? '';
const bare = (line: string): string => line.replace(/[\r\n]+$/, '');
const withEndOf = (model: string, line: string): string => line.trimEnd() + (endOf(model) || '\n');
/** Takes over the blanks that the model line starts with. */
const indented = (model: string, line: string, indent: boolean): string =>
  indent ? (/^[\t ]*/.exec(model)?.[0] ?? '') + line.trimStart() : line;

/** Lines that an expression or a plain text is found in. */
const finding = (lines: readonly string[], wanted: Returnable | undefined): string[] | undefined => {
  if (wanted == null || wanted === '' || lines.length === 0) return undefined;
  const text = asBytesText(textOf(wanted));
  const expression = pythonExpression(text, DOTALL);
  return lines.filter((line) => line.search(expression) >= 0 || line.includes(text));
};

const only = (found: readonly string[], what: string): string => {
  const [line] = found;
  if (found.length > 1) throw new CommandFailed(`Found more than expected occurrences in "${what}" expression`);
  if (line === undefined) throw new CommandFailed(`Found less than expected occurrences in "${what}" expression`);
  return line;
};
const insertAt = (lines: readonly string[], at: number, line: string): string[] => [...lines.slice(0, at), line, ...lines.slice(at)];
const says = (line: string | undefined, content: string): boolean => line !== undefined && bare(line) === bare(content);

const deleted = (lines: readonly string[], { match }: Where): string[] => {
  const [first] = match ?? [];
  return first === undefined ? [...lines] : lines.filter((line) => line !== first);
};

const exchanged = (lines: readonly string[], { match, content, indent }: Where): string[] => {
  const [first] = match ?? [];
  if (first === undefined) return [...lines];
  const at = lines.indexOf(first);
  return lines.map((line, index) => (index === at ? indented(line, content, indent) : line));
};

const inserted = (lines: readonly string[], { content, before, after, location, indent }: Where): string[] => {
  if (location === 'end') return [...lines, indented(lines.at(-1) ?? '', content, lines.length > 0 && indent)];
  if (location === 'start') return [withEndOf(lines[0] ?? '', content), ...lines];
  if (location !== undefined) return [...lines];
  if (before?.length && after?.length) {
    only(after, 'after');
    const at = lines.indexOf(only(before, 'before'));
    return insertAt(lines, at, indented(lines[at] ?? '', content, indent));
  }
  if (after?.length) {
    const at = lines.indexOf(only(after, 'after'));
    return says(lines[at + 1], content) ? [...lines] : insertAt(lines, at + 1, indented(lines[at] ?? '', content, indent));
  }
  if (before?.length) {
    const at = lines.indexOf(only(before, 'before'));
    return says(lines.at(at - 1), content) ? [...lines] : insertAt(lines, at, indented(lines[at] ?? '', content, indent));
  }
  if (before === undefined && after === undefined) {
    throw new CommandFailed('On insert either "location" or "before/after" conditions are required.');
  }
  throw new CommandFailed('Neither before or after was found in file');
};

const ensuredBetween = (lines: readonly string[], { content, before, after, indent }: Where): string[] => {
  const first = lines.indexOf(only(after ?? [], 'after'));
  const last = lines.indexOf(only(before ?? [], 'before'));
  if (lines.some((line) => line.trimStart() === content)) return [...lines];
  const line = indented(lines[first] ?? '', content, indent);
  if (first + 1 === last) return insertAt(lines, last, line);
  if (first + 2 !== last) throw new CommandFailed('Found more than one line between boundaries "before" and "after".');
  return lines.map((held, index) => (index === first + 1 ? line : held));
};

const ensured = (lines: readonly string[], where: Where): string[] => {
  const { content, before, after, indent } = where;
  if (before?.length && after?.length) return ensuredBetween(lines, where);
  if (before?.length) {
    const at = lines.indexOf(only(before, 'before'));
    if (at > 0 && says(lines[at - 1], content)) return [...lines];
    return insertAt(lines, at, indented(lines.at(at - 1) ?? '', content, indent));
  }
  if (after?.length) {
    const at = lines.indexOf(only(after, 'after'));
    return says(lines[at + 1], content) ? [...lines] : insertAt(lines, at + 1, indented(lines[at] ?? '', content, indent));
  }
  throw new CommandFailed('Wrong conditions? Unable to ensure line without knowing where to put it before and/or after.');
};

const WAYS: Readonly<Record<Mode, (lines: readonly string[], where: Where) => string[]>> = {
  delete: deleted,
  replace: exchanged,
  insert: inserted,
  ensure: ensured,
};

/** Each line but the last gets an end, that of a line near it. */
const ended = (lines: readonly string[]): string =>
  lines
    .map((line, index) => (index + 1 < lines.length && endOf(line) === '' ? withEndOf(lines[index > 1 ? index - 1 : 1] ?? '', line) : line))
    .join('');

const modeOf = (mode: string | undefined, hasContent: boolean): Mode => {
  if (mode === undefined) throw new CommandFailed('Mode was not defined. How to process the file?');
  const name = mode.toLowerCase();
  if (!Object.hasOwn(WAYS, name)) throw new CommandFailed(`Unknown mode: "${name}"`);
  if (name !== 'delete' && !hasContent) throw new CommandFailed('Content can only be empty if mode is "delete"');
  return name as Mode;
};

const stamp = (): string => {
  const now = new Date();
  const parts = [now.getFullYear(), now.getMonth() + 1, now.getDate(), now.getHours(), now.getMinutes(), now.getSeconds()];
  return parts.map((part) => String(part).padStart(2, '0')).join('-');
};

export const lining = {
  line: call({
    doc: 'Edit one line of a file, and return the difference.',
    examples: [`tsalt '*' file.line /etc/nsswitch.conf "networks:\tfiles dns" after="hosts:.*?" mode=ensure`],
    args: {
      path: { type: 'string', required: true, doc: 'the file' },
      content: { type: 'any', doc: 'the line' },
      match: { type: 'any', doc: 'the line to act on: an expression or a plain text' },
      mode: { type: 'string', doc: 'ensure, replace, delete or insert' },
      location: { type: 'string', doc: 'start or end, for insert' },
      before: { type: 'any', doc: 'the line to insert before: an expression or a plain text' },
      after: { type: 'any', doc: 'the line to insert after: an expression or a plain text' },
      show_changes: { type: 'boolean', default: true, doc: 'return a unified diff rather than whether there were changes' },
      backup: { type: 'boolean', default: false, doc: 'keep a copy named by the time' },
      quiet: { type: 'boolean', default: false, doc: 'no error if the file is not there' },
      indent: { type: 'boolean', default: true, doc: 'take over the indentation of the line beside it' },
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const place = await realPath(args.path);
      if (!(await isFile(place))) {
        if (args.quiet) return false;
        throw new CommandFailed(`File "${place}" does not exists or is not a file.`);
      }
      const mode = modeOf(args.mode, args.content != null);
      const text = await readTextFile(place);
      const made = edited(text, mode, args);
      if (made === text) return false;
      if (!ctx.testing) {
        if (args.backup) await keepBackup(place, `${place}.${stamp()}`);
        await replaceContent(place, made);
      }
      return args.show_changes ? contentDiff(text, made) : true;
    },
  }),
};

const edited = (
  text: string,
  mode: Mode,
  args: {
    readonly content?: Returnable | undefined;
    readonly match?: Returnable | undefined;
    readonly before?: Returnable | undefined;
    readonly after?: Returnable | undefined;
    readonly location?: string | undefined;
    readonly indent: boolean;
  },
): string => {
  if (text === '' && (mode === 'delete' || mode === 'replace')) return text;
  // The empty piece after the last line end counts as a line, so that something can be put there.
  const lines = text !== '' && endOf(text) !== '' ? [...linesOf(text), ''] : linesOf(text);
  const byContent = !args.match && args.before == null && args.after == null;
  const where = {
    content: asBytesText(textOf(args.content ?? '')),
    match: finding(lines, byContent ? args.content : args.match),
    before: finding(lines, args.before),
    after: finding(lines, args.after),
    location: args.location,
    indent: args.indent,
  };
  if (mode === 'insert' && lines.length === 0 && args.location) return `${where.content}${args.location === 'start' ? '\n' : ''}`;
  return ended(WAYS[mode](lines, where));
};
