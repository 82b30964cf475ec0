import { readFile, writeFile } from 'node:fs/promises';
import { CallRefused, CommandFailed } from '../../define.ts';
import { parse, type Section, styleOf } from './document.ts';

const ENCODINGS: Readonly<Record<string, BufferEncoding>> = {
  utf8: 'utf8',
  ascii: 'latin1',
  latin1: 'latin1',
  iso88591: 'latin1',
  utf16le: 'utf16le',
};
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: '[Errno 2] No such file or directory',
  EACCES: '[Errno 13] Permission denied',
  ENOTDIR: '[Errno 20] Not a directory',
  EISDIR: '[Errno 21] Is a directory',
  EROFS: '[Errno 30] Read-only file system',
};
const failed = (what: string, path: string) => (error: NodeJS.ErrnoException) => {
  throw new CommandFailed(`Unable to ${what} file '${path}'. Exception: ${WORDS[error.code ?? ''] ?? error.message}: '${path}'`);
};

/** What calls say of a file: its path and how it is written. */
export interface Place {
  readonly file_name: string;
  readonly separator: string;
  readonly encoding?: string | undefined;
  readonly no_spaces?: boolean;
}

const encodingOf = ({ encoding }: Place): BufferEncoding => {
  const known = ENCODINGS[(encoding || 'utf-8').toLowerCase().replace(/[-_ ]/g, '')];
  if (known === undefined) throw new CallRefused(`'${encoding}' is not an encoding of ini: utf-8, ascii, latin-1 or utf-16-le`);
  return known;
};

/** A file that is not there is an empty one; under test, one that cannot be read, too. */
export const open = async (place: Place, testing: boolean): Promise<Section> => {
  if (place.separator === '') throw new CallRefused('separator must not be empty');
  const content = await readFile(place.file_name, encodingOf(place)).catch((error: NodeJS.ErrnoException) =>
    testing || error.code === 'ENOENT' || error.code === 'ENOTDIR' ? '' : failed('open', place.file_name)(error),
  );
  return parse(content, styleOf(place.separator, !place.no_spaces));
};

export const save = async (place: Place, document: Section): Promise<void> => {
  const lines = [...document.lines()];
  if (lines[0] === '') lines.shift();
  const text = lines.map((line) => `${line}\n`).join('');
  await writeFile(place.file_name, text, encodingOf(place)).catch(failed('write', place.file_name));
};
