import { CommandFailed } from '../../../modules/define.ts';

const TITLE = 'THIS FILE IS MANAGED BY SALT - DO NOT EDIT';
const TEXT =
  'The contents of this file are managed by Salt. Any changes to this file may be overwritten automatically and without warning.';

export interface Banner {
  readonly width: number;
  readonly commentchar: string;
  readonly borderchar: string;
  readonly blockstart?: string | undefined;
  readonly blockend?: string | undefined;
  readonly title?: string | undefined;
  readonly text?: string | undefined;
  readonly newline: boolean;
}

/** A framed comment for the head of a managed file. Throws CommandFailed where the frame leaves no room for text. */
export function banner(wanted: Banner): string {
  const { width, commentchar, borderchar } = wanted;
  const left = commentchar.trimEnd();
  const right = commentchar.trim();
  const room = width - left.length - right.length - 2;
  if (room <= 0) throw new CommandFailed('Width is too small to render banner');
  const border = commentchar + borderchar.slice(0, 1).repeat(Math.max(0, width - left.length - right.length)) + right;
  const spacer = commentchar + ' '.repeat(Math.max(0, width - commentchar.length * 2)) + commentchar;
  const framed = (line: string): string => `${left} ${line} ${right}`;
  const lines = [
    ...(wanted.blockstart === undefined ? [] : [wanted.blockstart]),
    border,
    spacer,
    ...wrapped(wanted.title ?? TITLE, room).map((line) => framed(centred(line, room))),
    spacer,
    ...wrapped(wanted.text ?? TEXT, room).map((line) => framed(line.padEnd(room))),
    border,
    ...(wanted.blockend === undefined ? [] : [wanted.blockend]),
  ];
  return lines.join('\n') + (wanted.newline ? '\n' : '');
}

/** As Python centres: of an odd rest the larger half goes left if the room is odd. */
function centred(line: string, room: number): string {
  const rest = Math.max(0, room - line.length);
  const before = Math.floor(rest / 2) + (rest & room & 1);
  return ' '.repeat(before) + line + ' '.repeat(rest - before);
}

/** Words in lines of at most `room` characters; longer words are cut, words with hyphens break behind them. */
export function wrapped(text: string, room: number): string[] {
  const pieces = text
    .replace(/\s/g, ' ')
    .split(/( +)/)
    .flatMap((word) => word.split(/(?<=[A-Za-z]{2}-)(?=[A-Za-z]{2})/))
    .filter((piece) => piece !== '');
  const lines: string[] = [];
  let line = '';
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
    if (line === '' && lines.length > 0 && piece.trim() === '') continue;
    if (line.length + piece.length <= room) line += piece;
    else if (piece.length > room) {
      const cut = Math.max(1, room - line.length);
      lines.push(line + piece.slice(0, cut));
      line = '';
      pieces.unshift(piece.slice(cut));
    } else {
      if (line.trim() !== '') lines.push(line.trimEnd());
      line = piece.trim() === '' ? '' : piece;
    }
  }
  if (line.trim() !== '') lines.push(line.trimEnd());
  return lines.map((each) => each.trimEnd());
}
