import { CallRefused, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { linesOf, readIfThere, replaceFile } from './files.ts';

/** A line of the file: who is meant by a name, and what is said of it. */
interface Line {
  readonly alias: string;
  readonly target: string;
  readonly comment: string;
}
const LINE = /^([^:#]*)\s*:?\s*([^#]*?)(\s+#.*|(?=\n?$))/;

const ALIAS = { alias: { type: 'string', required: true, doc: 'the name' } } as const;
const TARGET = { target: { type: 'any', required: true, doc: 'the addresses: a text, or a list' } } as const;

const placeOf = async (ctx: Ctx): Promise<string> => String((await ctx.call('config.option', ['aliases.file'])) || '/etc/aliases');

async function read(ctx: Ctx): Promise<Line[]> {
  const text = (await readIfThere(await placeOf(ctx))) ?? '';
  return linesOf(text).map((line) => {
    const [, alias = '', target = '', comment = ''] = LINE.exec(line) ?? [undefined, '', '', line.trim()];
    return { alias, target, comment };
  });
}

async function write(ctx: Ctx, lines: readonly Line[]): Promise<void> {
  const texts = lines.map(({ alias, target, comment }) => `${alias && target ? `${alias}: ${target}` : ''}${comment}\n`);
  await replaceFile(await placeOf(ctx), texts.join(''));
  const program = ctx.host.which('newaliases');
  if (program !== undefined) await ctx.call('cmd.run', [program]);
}

/** The targets by their names; of a name that is there twice the last one. */
const all = async (ctx: Ctx): Promise<Record<string, string>> =>
  Object.fromEntries((await read(ctx)).filter(({ alias }) => alias !== '').map(({ alias, target }) => [alias, target]));

const textOf = (target: Returnable): string => (Array.isArray(target) ? target.join(', ') : String(target));

function named(value: Returnable, what: string): void {
  if (value === '') throw new CallRefused(`${what} can not be an empty string`);
}

async function set(ctx: Ctx, alias: string, target: Returnable): Promise<true> {
  named(alias, 'alias');
  named(target, 'target');
  if (((await all(ctx))[alias] ?? '') === target) return true;
  const lines = await read(ctx);
  const at = lines.findIndex((line) => line.alias === alias);
  const made = { alias, target: textOf(target), comment: lines[at]?.comment ?? '' };
  const others = lines.map((line, index) => (index === at ? made : line)).filter((line) => line === made || line.alias !== alias);
  await write(ctx, at < 0 ? [...others, made] : others);
  return true;
}

async function remove(ctx: Ctx, alias: string): Promise<true> {
  const lines = await read(ctx);
  if ((await all(ctx))[alias])
    await write(
      ctx,
      lines.filter((line) => line.alias !== alias),
    );
  return true;
}

/** Names of mail, as in /etc/aliases. */
export default execModule({
  name: 'aliases',
  doc: 'Names of mail, as in /etc/aliases (`aliases.file`).',
  calls: {
    list_aliases: call({
      doc: 'All names with their targets.',
      examples: ["tsalt '*' aliases.list_aliases"],
      args: {},
      changes: false,
      out: 'yaml',
      run: (ctx) => all(ctx),
    }),
    get_target: call({
      doc: 'The target of a name; an empty text when there is none.',
      examples: ["tsalt '*' aliases.get_target root"],
      args: ALIAS,
      changes: false,
      out: 'txt',
      run: async (ctx, { alias }) => (await all(ctx))[alias] ?? '',
    }),
    has_target: call({
      doc: 'Whether a name has this target, and no other.',
      examples: ["tsalt '*' aliases.has_target root admin@example.com"],
      args: { ...ALIAS, ...TARGET },
      changes: false,
      out: 'txt',
      async run(ctx, { alias, target }) {
        named(target, 'target');
        return (await all(ctx))[alias] === textOf(target);
      },
    }),
    set_target: call({
      doc: 'Give a name this target.',
      examples: ["tsalt '*' aliases.set_target root admin@example.com"],
      args: { ...ALIAS, ...TARGET },
      changes: true,
      out: 'txt',
      run: (ctx, { alias, target }) => set(ctx, alias, target),
    }),
    rm_alias: call({
      doc: 'Remove a name.',
      examples: ["tsalt '*' aliases.rm_alias root"],
      args: ALIAS,
      changes: true,
      out: 'txt',
      run: (ctx, { alias }) => remove(ctx, alias),
    }),
  },
});
