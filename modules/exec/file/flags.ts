import { CallRefused, type Ctx, call, type Returnable } from '../../define.ts';
import { exists } from './paths.ts';
import { textOf } from './words.ts';

const ATTRIBUTES = /[aAcCdDeijPsStTu]/g;

/** The letters that lsattr shows of each path; null without lsattr, none where the file system has no such flags. */
export const listFlags = async (ctx: Ctx, place: string): Promise<Map<string, string[]> | null> => {
  if (ctx.host.which('lsattr') === undefined) return null;
  if (!(await exists(place))) throw new CallRefused(`File or directory does not exist: ${place}`);
  const { stdout } = await ctx.spawn(['lsattr', place]);
  const found = new Map<string, string[]>();
  for (const line of stdout.toString('utf8').split('\n')) {
    const [, letters, file] = /^(\S+)\s+(.+)$/.exec(line) ?? [];
    if (letters !== undefined && file !== undefined) found.set(file, letters.match(ATTRIBUTES) ?? []);
  }
  return found;
};

/** What would have to be added and removed; undefined without lsattr. `e` can be set, but never taken off. */
export const flagChanges = async (ctx: Ctx, place: string, wanted: string): Promise<{ added: string; removed: string } | undefined> => {
  const listed = await listFlags(ctx, place);
  if (listed === null) return undefined;
  const present = listed.get(place) ?? [];
  return {
    added: [...new Set(wanted)].filter((letter) => !present.includes(letter)).join(''),
    removed: present.filter((letter) => letter !== 'e' && !wanted.includes(letter)).join(''),
  };
};

/** Sets or takes off flags; false if chattr complained. */
export const changeFlags = async (
  ctx: Ctx,
  files: readonly string[],
  operator: Returnable | undefined,
  attributes: Returnable | undefined,
  more: readonly string[] = [],
): Promise<boolean> => {
  if (operator !== 'add' && operator !== 'remove') throw new CallRefused("Need an operator: 'add' or 'remove' to modify attributes.");
  if (attributes == null) throw new CallRefused('Need attributes: [aAcCdDeijPsStTu]');
  const { code, stdout } = await ctx.spawn(['chattr', `${operator === 'add' ? '+' : '-'}${textOf(attributes)}`, ...more, ...files], {
    mergeStderr: true,
  });
  if (code !== 0) ctx.retcode(code);
  return stdout.toString('utf8').trim() === '';
};

export const flags = {
  lsattr: call({
    doc: 'The flags of the file system on a path, by path.',
    examples: ["tsalt '*' file.lsattr foo1.txt"],
    args: { path: { type: 'string', required: true, doc: 'the path' } },
    changes: false,
    run: (ctx, args) => listFlags(ctx, args.path),
  }),
  chattr: call({
    doc: 'Set or take off flags of the file system.',
    examples: ["tsalt '*' file.chattr foo1.txt foo2.txt operator=add attributes=ai"],
    args: {},
    rest: 'the files',
    extra: 'operator: add or remove; attributes: the letters; flags: those of chattr; version: its -v',
    changes: true,
    run: (ctx) => {
      const { operator, attributes, flags: options, version } = ctx.extra;
      const more = [...(options == null ? [] : [`-${textOf(options)}`]), ...(version == null ? [] : ['-v', textOf(version)])];
      return changeFlags(ctx, ctx.rest.map(textOf), operator, attributes, more);
    },
  }),
};
