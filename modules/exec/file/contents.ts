import { Buffer } from 'node:buffer';
import { open, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { CallRefused, type Ctx, call, type Returnable } from '../../define.ts';
import { linesOf } from './diff.ts';
import { pythonExpression } from './expressions.ts';
import { exists, expandUser, failing, globExpression, isDirectory } from './paths.ts';
import { textOf } from './words.ts';

const path = { type: 'string', required: true, doc: 'the file' } as const;
const LINES = { rest: 'the lines', extra: 'args: the lines as a list, where one of them would look like a keyword' } as const;

const linesGiven = (ctx: Ctx): string[] => {
  const listed: Returnable | undefined = ctx.extra['args'];
  if (listed === undefined) return ctx.rest.map(textOf);
  return Array.isArray(listed) ? listed.map(textOf) : [textOf(listed)];
};
const terminated = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const notDone = (what: string) => (why: string) => `Unable to ${what}: ${why}`;

/** Adds lines at the end, on lines of their own also where the last line has no end. */
const appendLines = async (place: string, lines: readonly string[]): Promise<void> => {
  await using file = await open(place, 'r+');
  const { size } = await file.stat();
  const last = Buffer.alloc(1);
  if (size > 0) await file.read(last, 0, 1, size - 1);
  const bridge = size > 0 && last.toString() !== '\n' ? '\n' : '';
  await file.write(bridge + terminated(lines), size);
};

const anyLine = async (given: string, fits: (text: string) => boolean): Promise<boolean> => {
  const text = await readFile(await expandUser(given), 'utf8').catch(() => undefined);
  return text !== undefined && fits(text);
};

export const contents = {
  read: call({
    doc: 'Return the content of a file.',
    examples: ["tsalt '*' file.read /path/to/file"],
    args: { path, binary: { type: 'boolean', default: false, doc: 'return bytes rather than text' } },
    changes: false,
    run: async (_ctx, args): Promise<Returnable> =>
      failing(notDone('read'), async () => {
        const bytes = await readFile(args.path);
        return args.binary ? bytes : bytes.toString('utf8');
      }),
  }),
  write: call({
    doc: 'Write lines to a file, in place of what it held.',
    examples: [`tsalt '*' file.write /etc/motd "With all thine offerings thou shalt offer salt."`],
    args: { path },
    ...LINES,
    changes: true,
    async run(ctx, args) {
      const place = await expandUser(args.path);
      const lines = linesGiven(ctx);
      await failing(notDone('write'), () => writeFile(place, terminated(lines)));
      return `Wrote ${lines.length} lines to "${place}"`;
    },
  }),
  append: call({
    doc: 'Add lines at the end of a file.',
    examples: [`tsalt '*' file.append /etc/motd "a line" "another line"`, `tsalt '*' file.append /etc/motd args='["a=b", "c=d"]'`],
    args: { path },
    ...LINES,
    changes: true,
    async run(ctx, args) {
      const place = await expandUser(args.path);
      const lines = linesGiven(ctx);
      await failing(notDone('append'), () => appendLines(place, lines));
      return `Wrote ${lines.length} lines to "${place}"`;
    },
  }),
  prepend: call({
    doc: 'Add lines at the start of a file, making it if it is not there.',
    examples: [`tsalt '*' file.prepend /etc/motd "a line" "another line"`],
    args: { path },
    ...LINES,
    changes: true,
    async run(ctx, args) {
      const place = await expandUser(args.path);
      const lines = linesGiven(ctx);
      const held = await readFile(place).catch(() => Buffer.alloc(0));
      await failing(notDone('write'), () => writeFile(place, Buffer.concat([Buffer.from(terminated(lines)), held])));
      return `Prepended ${lines.length} lines to "${place}"`;
    },
  }),
  touch: call({
    doc: 'Make a file if it is not there, and set its times.',
    examples: ["tsalt '*' file.touch /var/log/emptyfile"],
    args: {
      name: path,
      atime: { type: 'any', doc: 'the time of access, in seconds since 1970' },
      mtime: { type: 'any', doc: 'the time of change, in seconds since 1970' },
    },
    changes: true,
    async run(_ctx, args) {
      const place = await expandUser(args.name);
      const [atime, mtime] = [args.atime, args.mtime].map((time) => {
        if (time == null) return Date.now() / 1000;
        if (!/^\d+(\.\d+)?$/.test(textOf(time))) throw new CallRefused('atime and mtime must be integers');
        return Number(textOf(time));
      });
      await failing(
        (why) => why.replace(/^\[Errno \d+\] ([^:]*).*$/s, '$1'),
        async () => {
          // A directory cannot be opened so, but has times, too.
          if (!(await isDirectory(place))) await (await open(place, 'a')).close();
          await utimes(place, atime ?? 0, mtime ?? 0);
        },
      );
      return exists(place);
    },
  }),
  truncate: call({
    doc: 'Cut or lengthen a file to a number of bytes.',
    examples: ["tsalt '*' file.truncate /path/to/file 512"],
    args: { path, length: { type: 'number', required: true, doc: 'bytes' } },
    changes: true,
    async run(_ctx, args) {
      const place = await expandUser(args.path);
      await failing(notDone('truncate'), () => truncate(place, args.length));
      return null;
    },
  }),
  seek_read: call({
    doc: 'Return bytes from the middle of a file.',
    examples: ["tsalt '*' file.seek_read /path/to/file 4096 0"],
    args: {
      path,
      size: { type: 'number', required: true, doc: 'how many bytes' },
      offset: { type: 'number', required: true, doc: 'from where' },
    },
    changes: false,
    run: async (_ctx, args): Promise<Returnable> =>
      failing(notDone('read'), async () => {
        await using file = await open(await expandUser(args.path), 'r');
        const { size } = await file.stat();
        const length = Math.max(0, Math.min(args.size, size - args.offset));
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, args.offset);
        return buffer.subarray(0, bytesRead);
      }),
  }),
  seek_write: call({
    doc: 'Write bytes into the middle of a file, and return how many.',
    examples: ["tsalt '*' file.seek_write /path/to/file 'some data' 4096"],
    args: {
      path,
      data: { type: 'any', required: true, doc: 'what to write' },
      offset: { type: 'number', required: true, doc: 'to where' },
    },
    changes: true,
    run: async (_ctx, args): Promise<Returnable> =>
      failing(notDone('write'), async () => {
        await using file = await open(await expandUser(args.path), 'r+');
        const bytes = args.data instanceof Uint8Array ? args.data : Buffer.from(textOf(args.data));
        const { bytesWritten } = await file.write(bytes, 0, bytes.length, args.offset);
        await file.sync();
        return bytesWritten;
      }),
  }),
  contains: call({
    doc: 'Whether a file holds a text.',
    examples: ["tsalt '*' file.contains /etc/crontab 'mymaintenance.sh'"],
    args: { path, text: { type: 'any', required: true, doc: 'the text; blanks around it do not count' } },
    changes: false,
    run: (_ctx, args) => anyLine(args.path, (text) => text.includes(textOf(args.text).trim())),
  }),
  contains_regex: call({
    doc: 'Whether a line of a file matches an expression.',
    examples: ["tsalt '*' file.contains_regex /etc/crontab '^daily'"],
    args: {
      path,
      regex: { type: 'string', required: true, doc: 'a Python expression' },
      lchar: { type: 'string', default: '', doc: 'characters to drop from the start of lines' },
    },
    changes: false,
    async run(_ctx, args) {
      const expression = pythonExpression(args.regex);
      const start = (line: string): number => (args.lchar === '' ? 0 : [...line].findIndex((char) => !args.lchar.includes(char)));
      return anyLine(args.path, (text) => linesOf(text).some((line) => line.slice(Math.max(0, start(line))).search(expression) >= 0));
    },
  }),
  contains_glob: call({
    doc: 'Whether the content of a file matches a glob.',
    examples: ["tsalt '*' file.contains_glob /etc/foobar '*cheese*'"],
    args: { path, glob_expr: { type: 'string', required: true, doc: 'the glob' } },
    changes: false,
    run: (_ctx, args) => anyLine(args.path, (text) => globExpression(args.glob_expr).test(text)),
  }),
};
