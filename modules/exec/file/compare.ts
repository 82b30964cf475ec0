import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { unifiedDiff } from './diff.ts';
import { systemText } from './errno.ts';
import { bytesText, isBinary, shown } from './rewrite.ts';
import { textOf } from './words.ts';

/** What does not count as a difference. */
export interface Leniency {
  readonly ignore_ordering: boolean;
  readonly ignore_whitespace: boolean;
  readonly ignore_comment_characters?: Returnable | undefined;
}
export const LENIENCY_ARGS = {
  ignore_ordering: { type: 'boolean', default: false, doc: 'the order of lines does not count' },
  ignore_whitespace: { type: 'boolean', default: false, doc: 'white space around lines does not count' },
  ignore_comment_characters: { type: 'any', doc: 'what stands behind these characters does not count' },
} as const;
export const isLenient = (how: Leniency): boolean =>
  how.ignore_ordering || how.ignore_whitespace || (how.ignore_comment_characters ?? '') !== '';

/** A difference as it is shown, and whether it counts. */
export interface Difference {
  readonly counts: boolean;
  readonly text: string;
}

const counted = (diff: readonly string[], how: Leniency): boolean => {
  const given = how.ignore_comment_characters;
  const signs = (Array.isArray(given) ? given : given == null ? [] : [given]).map(textOf);
  const sides: Record<string, string[]> = { '+': [], '-': [] };
  for (const line of diff) {
    const side = line.startsWith('+++') || line.startsWith('---') ? undefined : sides[line.charAt(0)];
    let rest = line.slice(1);
    for (const sign of signs) if (rest.includes(sign)) rest = rest.slice(0, rest.indexOf(sign));
    if (how.ignore_whitespace) rest = rest.trim();
    if (rest !== '') side?.push(rest);
  }
  return JSON.stringify(sides['+']?.sort()) !== JSON.stringify(sides['-']?.sort());
};

const linesOfBytes = (bytes: Uint8Array): string[] => bytesText(bytes).match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** The difference of two contents; `names` stand in the head of a diff. */
export const difference = (
  before: Uint8Array,
  after: Uint8Array,
  how: Leniency,
  names: readonly [string, string] = ['', ''],
): Difference => {
  if (Buffer.compare(before, after) === 0) return { counts: false, text: '' };
  const binary = [before, after].map((bytes) => isBinary(bytes.subarray(0, 512)));
  if (binary[0] && binary[1]) return { counts: true, text: 'Replace binary file' };
  if (binary[0] || binary[1])
    return { counts: true, text: binary[0] ? 'Replace binary file with text file' : 'Replace text file with binary file' };
  const text = unifiedDiff(linesOfBytes(before).map(shown), linesOfBytes(after).map(shown), ...names);
  return { counts: isLenient(how) ? counted(text.match(/[^\n]*\n|[^\n]+$/g) ?? [], how) : true, text };
};

/** A file's bytes. Throws CommandFailed in Salt's words. */
export const bytesOf = async (place: string): Promise<Buffer> =>
  readFile(place).catch((failure: unknown) => {
    throw new CommandFailed(`Failed to read ${place}: ${systemText(failure).replace(/^\[Errno \d+\] ([^:]*).*$/, '$1')}`);
  });

/** What templates made is not shown where the minion's `obfuscate_templates` says so. */
export const hidesTemplates = (ctx: Ctx): boolean => ctx.config['obfuscate_templates'] === true;

export const comparing = {
  get_diff: call({
    doc: 'The unified diff of two files, or a text that they are binary.',
    examples: ["tsalt '*' file.get_diff /home/fred/.vimrc salt://users/fred/.vimrc"],
    args: {
      file1: { type: 'string', required: true, doc: 'a path or a url' },
      file2: { type: 'string', required: true, doc: 'a path or a url' },
      saltenv: { type: 'string', default: 'base', doc: 'the environment' },
      show_filenames: { type: 'boolean', default: true, doc: 'name the files in the head' },
      show_changes: { type: 'boolean', default: true, doc: 'show the difference' },
      template: { type: 'boolean', default: false, doc: 'one of them comes of a template' },
      source_hash_file1: { type: 'string', doc: 'the hash of the first' },
      source_hash_file2: { type: 'string', doc: 'the hash of the second' },
      ...LENIENCY_ARGS,
    },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const places: string[] = [];
      const errors: string[] = [];
      for (const file of [args.file1, args.file2]) {
        const cached = isAbsolute(file) ? file : await ctx.call('cp.cache_file', [file, args.saltenv]);
        if (typeof cached === 'string' && cached !== '') places.push(cached);
        else errors.push(`File ${file} not found`);
      }
      const [one, other] = places;
      if (one === undefined || other === undefined)
        throw new CommandFailed(
          `Failed to cache one or more files\n\nAdditional info follows:\n\n${errors.map((error) => `- ${error}`).join('\n')}`,
        );
      const [before, after] = [await bytesOf(one), await bytesOf(other)];
      if (Buffer.compare(before, after) !== 0) {
        if (args.template && hidesTemplates(ctx)) return '<Obfuscated Template>';
        if (!args.show_changes) return '<show_changes=False>';
      }
      const { counts, text } = difference(before, after, args, args.show_filenames ? [one, other] : undefined);
      return isLenient(args) ? [counts, text] : text;
    },
  }),
};
