import { CallRefused, CommandFailed, call, type Returnable } from '../../define.ts';
import { pythonExpression } from './expressions.ts';
import { exists, expandUser } from './paths.ts';
import { contentDiff } from './replace.ts';
import { asBytesText, keepBackup, readTextFile, replaceContent } from './rewrite.ts';
import { textOf } from './words.ts';

interface Markers {
  readonly start: string;
  readonly end: string;
}

/** The managed lines with their end marker; `ending` is what stood from the end marker on. */
const blockBody = (content: string, ending: string, newline: string, appendNewline: boolean): string => {
  const last = ending.replace(/[\r\n]+$/, '') + newline;
  return content.split(/\r\n|\n/).join(newline) + (appendNewline ? newline : '') + last;
};

/** The lines with every marked block filled, and whether there was one. Throws if a block has no end. */
const filled = (lines: readonly string[], markers: Markers, body: (ending: string) => string): readonly [string[], boolean] => {
  const made: string[] = [];
  let [within, found] = [false, false];
  for (const line of lines) {
    if (line.includes(markers.start)) {
      within = true;
      made.push(line);
    } else if (!within) {
      made.push(line);
    } else if (line.includes(markers.end)) {
      within = false;
      found = true;
      made.push(body(line.slice(line.indexOf(markers.end))));
    }
  }
  if (within) throw new CommandFailed('Unterminated marked block. End of file reached before marker_end.');
  return [made, found];
};

interface Missing {
  readonly append: boolean;
  readonly prepend: boolean;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Where a block that is not there yet goes. */
const added = (lines: readonly string[], block: string, newline: string, missing: Missing): string[] => {
  if (missing.prepend) return [block, ...lines];
  if (missing.append) {
    const last = lines.at(-1);
    const closed = last === undefined || last.endsWith(newline) ? [...lines] : [...lines.slice(0, -1), last + newline];
    return [...closed, block];
  }
  const regex = missing.before ?? missing.after;
  const at = regex === undefined ? -1 : lines.findIndex((line) => line.search(pythonExpression(asBytesText(regex))) >= 0);
  if (at < 0) throw new CommandFailed('Cannot edit marked block. Markers were not found in file.');
  const place = missing.before === undefined ? at + 1 : at;
  return [...lines.slice(0, place), block, ...lines.slice(place)];
};

const newlineOf = (lines: readonly string[]): string => (lines[0]?.endsWith('\r\n') ? '\r\n' : '\n');
const byNewline = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const optional = (doc: string) => ({ type: 'boolean', default: false, doc }) as const;
export const blocks = {
  blockreplace: call({
    doc: 'Replace what stands between two marker lines, and return the difference.',
    examples: [
      `tsalt '*' file.blockreplace /etc/hosts '#-- start managed zone foobar : DO NOT EDIT --' '#-- end managed zone foobar --' $'10.0.1.1 foo.foobar' True`,
    ],
    args: {
      path: { type: 'string', required: true, doc: 'the file' },
      marker_start: { type: 'string', default: '#-- start managed zone --', doc: 'in the line before the block' },
      marker_end: { type: 'string', default: '#-- end managed zone --', doc: 'in the line after the block' },
      content: { type: 'any', default: '', doc: 'the block' },
      append_if_not_found: optional('add markers and block at the end if they are not there'),
      prepend_if_not_found: optional('add markers and block at the start if they are not there'),
      backup: { type: 'any', default: '.bak', doc: 'the ending of the copy that is kept; False keeps none' },
      dry_run: optional('tell what would change, and change nothing'),
      show_changes: { type: 'boolean', default: true, doc: 'return a unified diff rather than whether there were changes' },
      append_newline: { type: 'any', default: false, doc: 'end the content with a newline; None: only if it has none' },
      insert_before_match: { type: 'string', doc: 'add markers and block before the first line that matches' },
      insert_after_match: { type: 'string', doc: 'add markers and block after the first line that matches' },
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const { append_if_not_found: append, prepend_if_not_found: prepend, insert_before_match: before, insert_after_match: after } = args;
      if ([append, prepend, before, after].filter(Boolean).length > 1) {
        throw new CallRefused(
          'Only one of append_if_not_found, prepend_if_not_found, insert_before_match, and insert_after_match is permitted',
        );
      }
      const place = await expandUser(args.path);
      if (!(await exists(place))) throw new CallRefused(`File not found: ${place}`);
      const text = await readTextFile(place);
      const lines = byNewline(text);
      const newline = newlineOf(lines);
      const content = asBytesText(textOf(args.content));
      const markers = { start: asBytesText(args.marker_start), end: asBytesText(args.marker_end) };
      const closing = args.append_newline == null ? !content.endsWith('\n') : Boolean(args.append_newline);
      const body = (ending: string): string => blockBody(content, ending, newline, closing);
      const [kept, found] = filled(lines, markers, body);
      const all = found ? kept : added(kept, markers.start + newline + body(markers.end), newline, { append, prepend, before, after });
      const made = all.join('');
      if (made !== text && !args.dry_run && !ctx.testing) {
        if (args.backup !== false) await keepBackup(place, `${place}${textOf(args.backup)}`);
        await replaceContent(place, made);
      }
      return args.show_changes ? contentDiff(text, made) : made !== text;
    },
  }),
};
