import { mkdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { linesOf, unifiedDiff } from '../../../modules/exec/file/diff.ts';
import { failed, inOrder, state } from '../../define.ts';

export const append = state({
  doc: 'Lines that stand in a file, put at its end where they do not.',
  args: {
    name: { type: 'string', required: true, doc: 'the path' },
    text: { type: 'any', required: true, doc: 'a text or a list of texts' },
    makedirs: { type: 'boolean', default: false, doc: 'make the directories above it' },
  },
  extra: 'anything',
  check: async (ctx, { name, text, makedirs }) => {
    if (!isAbsolute(name)) return failed(`Specified file ${name} is not an absolute path`);
    const before = await readFile(name, 'utf8').catch(() => undefined);
    const known = new Set((before ?? '').split('\n'));
    const missing = [text]
      .flat()
      .flatMap((one) => String(one).split('\n'))
      .filter((line) => !known.has(line));
    if (before !== undefined && missing.length === 0) return inOrder(`File ${name} is in correct state`);
    const start = before === undefined || before === '' || before.endsWith('\n') ? (before ?? '') : `${before}\n`;
    const after = start + missing.map((line) => `${line}\n`).join('');
    const changes = { diff: spaced(unifiedDiff(linesOf(before ?? ''), linesOf(after))) };
    return {
      predicted:
        before === undefined
          ? { comment: `File ${name} is set to be created`, changes: { new: name } }
          : { comment: `File ${name} is set to be updated`, changes },
      apply: async () => {
        if (makedirs) await mkdir(dirname(name), { recursive: true });
        await ctx.call('file.append', [name, ...missing]);
        return inOrder(`Appended ${missing.length} lines`, changes);
      },
    };
  },
});

/** Salt shows this difference with an empty line after each line of its head. */
const spaced = (diff: string): string =>
  diff
    .replace(/\n$/, '')
    .split('\n')
    .map((line, index) => (index < 2 || line.startsWith('@@') ? `${line}\n` : line))
    .join('\n');
