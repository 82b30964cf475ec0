import { TsaltError } from '../../protocol/errors.ts';

/** A template or document that cannot be rendered; the message is what Salt prints after `Rendering SLS '...' failed: `. */
export class RenderError extends TsaltError {
  /** Counted from 1, where it is known. */
  readonly line: number | undefined;
  constructor(message: string, line?: number, cause?: unknown) {
    super('render-failed', message, { cause });
    this.line = line;
  }
}

/** Lines shown before and after the line that is wrong. */
const AROUND = 5;
const MARK = '    <======================';

/** The message with its line and the lines around it, in Salt's form. */
export const withExcerpt = (message: string, line: number, source: string): string =>
  `${message}; line ${line}\n\n${excerpt(line, source)}`;

/** A line and those around it, an arrow at the one meant. */
export function excerpt(line: number, source: string): string {
  const lines = source.replace(/\n$/, '').split('\n');
  if (line > lines.length) return source;
  const at = line - 1;
  const from = Math.max(0, at - AROUND);
  const to = Math.min(lines.length, at + AROUND + 1);
  const shown = lines.slice(from, to).map((text, index) => (from + index === at ? text + MARK : text));
  if (from > 0) shown.unshift('[...]');
  if (to < lines.length) shown.push('[...]');
  return `---\n${shown.join('\n')}\n---`;
}
