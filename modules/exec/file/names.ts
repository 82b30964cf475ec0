import { posix } from 'node:path';
import { call } from '../../define.ts';
import { textOf } from './words.ts';

const path = { type: 'string', required: true, doc: 'the path' } as const;
const naming = (name: string, doc: string, answer: (path: string) => string) =>
  call({ doc, examples: [`tsalt '*' file.${name} a/b/../c`], args: { path }, changes: false, run: (_ctx, args) => answer(args.path) });

/** Python's `os.path` parts of a path, which differ from Node's in trailing slashes. */
const basename = (text: string): string => text.slice(text.lastIndexOf('/') + 1);
const dirname = (text: string): string => {
  const head = text.slice(0, text.lastIndexOf('/') + 1);
  return /^\/*$/.test(head) ? head : head.replace(/\/+$/, '');
};
const normpath = (text: string): string => {
  const made = posix.normalize(text);
  const doubled = /^\/\/(?!\/)/.test(text) ? '/' : '';
  return doubled + (made.length > 1 ? made.replace(/\/+$/, '') : made);
};
const joinPaths = (parts: readonly string[]): string =>
  parts.reduce((made, part) => {
    if (part.startsWith('/')) return part;
    return made === '' || made.endsWith('/') ? made + part : `${made}/${part}`;
  }, '');

export const names = {
  basename: naming('basename', 'The last part of a path.', basename),
  dirname: naming('dirname', 'A path without its last part.', dirname),
  normpath: naming('normpath', 'A path without `.`, `..` and doubled slashes.', normpath),
  join: call({
    doc: 'Put parts of a path together; an absolute part starts over.',
    examples: ["tsalt '*' file.join / usr local bin"],
    args: {},
    rest: 'the parts',
    changes: false,
    run: (ctx) => joinPaths(ctx.rest.map(textOf)),
  }),
  pardir: call({
    doc: 'The name of the directory above: `..`.',
    examples: ["tsalt '*' file.pardir"],
    args: {},
    changes: false,
    run: () => '..',
  }),
};
