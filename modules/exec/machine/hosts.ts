import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { isFile, linesOf, readIfThere, replaceFile } from './files.ts';

/** An address with its names, or a line that is a comment. */
interface Address {
  aliases: string[];
  comment?: string;
}
type Table = Map<string, Address | string[]>;

const fileOf = async (ctx: Ctx): Promise<string> => String((await ctx.call('config.option', ['hosts.file'])) || '/etc/hosts');

/** The addresses in the order of the file. Lines of one address are put together; comments are `comment-0` and so on. */
async function tableOf(ctx: Ctx): Promise<Table> {
  const table: Table = new Map();
  let comments = 0;
  for (const text of ((await readIfThere(await fileOf(ctx))) ?? '').split('\n')) {
    const line = text.trim();
    if (line.startsWith('#')) table.set(`comment-${comments++}`, [line]);
    else if (line !== '') addLine(table, line);
  }
  return table;
}

function addLine(table: Table, line: string): void {
  const at = line.indexOf('#');
  const [ip = '', ...names] = (at < 0 ? line : line.slice(0, at)).trim().split(/\s+/);
  const comment = at < 0 ? '' : line.slice(at + 1).trimStart();
  const known = addressOf(table, ip);
  table.set(ip, { ...known, aliases: [...(known?.aliases ?? []), ...names], ...(comment === '' ? {} : { comment }) });
}

const addressOf = (table: Table, ip: string): Address | undefined => {
  const known = table.get(ip);
  return Array.isArray(known) ? undefined : known;
};

const hasPair = (table: Table, ip: string, alias: Returnable): boolean => {
  const aliases = addressOf(table, ip)?.aliases;
  return aliases !== undefined && [alias].flat().every((name) => aliases.includes(String(name)));
};

const asResult = (table: Table): Returnable => Object.fromEntries(table) as unknown as Returnable;

async function writeTable(ctx: Ctx, table: Table): Promise<void> {
  const lines = [...table].map(([ip, known]) =>
    Array.isArray(known)
      ? known.join('')
      : `${ip}\t\t${known.aliases.join(' ')}${known.comment === undefined ? '' : `\t\t# ${known.comment}`}`.trim(),
  );
  await write(ctx, lines.map((line) => `${line}\n`).join(''));
}

async function write(ctx: Ctx, text: string): Promise<void> {
  const path = await fileOf(ctx);
  try {
    await replaceFile(path, text);
  } catch (failure) {
    throw new CommandFailed(`hosts: ${path} cannot be written: ${failure instanceof Error ? failure.message : String(failure)}`);
  }
}

/** The lines of the file, which is made if there is none; undefined if it is no file. */
async function linesToEdit(ctx: Ctx): Promise<string[] | undefined> {
  const path = await fileOf(ctx);
  const text = (await readIfThere(path).catch(() => undefined)) ?? '';
  if (text === '' && !(await isFile(path))) await write(ctx, '').catch(() => undefined);
  return (await isFile(path)) ? linesOf(text) : undefined;
}

const firstWord = (line: string): string | undefined => (line.trim().startsWith('#') ? undefined : /\S+/.exec(line)?.[0]);

/** The line of an address without one of its names; nothing if it was the last. */
function without(line: string, alias: string): string {
  const at = line.indexOf('#');
  const [ip = '', ...names] = (at < 0 ? line : line.slice(0, at)).trim().split(/\s+/);
  const left = names.filter((name) => name !== alias);
  if (left.length === 0) return '';
  return `${ip}\t\t${left.map((name) => `${name} `).join('')}${at < 0 ? '' : `# ${line.slice(at + 1).trim()}`}\n`;
}

const ip = { type: 'string', required: true, doc: 'the address' } as const;
const alias = { type: 'string', required: true, doc: 'a name' } as const;

export default execModule({
  name: 'hosts',
  doc: 'The hosts file: names of addresses. Another file than /etc/hosts is set by `hosts.file`.',
  calls: {
    list_hosts: call({
      doc: 'The addresses with their names and comments: `{"127.0.0.1": {"aliases": [...], "comment": ...}, "comment-0": [...]}`.',
      examples: ["tsalt '*' hosts.list_hosts"],
      args: {},
      changes: false,
      run: async (ctx) => asResult(await tableOf(ctx)),
    }),
    get_ip: call({
      doc: 'The first address that has the name; empty if none has.',
      examples: ["tsalt '*' hosts.get_ip <hostname>"],
      args: { host: { type: 'string', required: true, doc: 'the name' } },
      changes: false,
      async run(ctx, args) {
        for (const [ip, known] of await tableOf(ctx)) if (!Array.isArray(known) && known.aliases.includes(args.host)) return ip;
        return '';
      },
    }),
    get_alias: call({
      doc: 'The names of an address.',
      examples: ["tsalt '*' hosts.get_alias <ip addr>"],
      args: { ip },
      changes: false,
      run: async (ctx, args) => addressOf(await tableOf(ctx), args.ip)?.aliases ?? [],
    }),
    has_pair: call({
      doc: 'Whether an address has a name, or all of a list of names.',
      examples: ["tsalt '*' hosts.has_pair <ip> <alias>"],
      args: { ip, alias: { type: 'any', required: true, doc: 'the name, or a list' } },
      changes: false,
      run: async (ctx, args) => hasPair(await tableOf(ctx), args.ip, args.alias),
    }),
    set_host: call({
      doc: 'Give an address this one line instead of all that it has.',
      examples: ["tsalt '*' hosts.set_host <ip> <alias>"],
      args: {
        ip,
        alias: { ...alias, doc: 'its names, with blanks between; empty to remove it' },
        comment: { type: 'string', doc: 'a comment' },
      },
      changes: true,
      async run(ctx, args) {
        const lines = await linesToEdit(ctx);
        if (lines === undefined) return false;
        const wanted = args.alias.trim() === '' ? '' : `${args.ip}\t\t${args.alias}${args.comment ? `\t\t# ${args.comment}` : ''}\n`;
        const first = lines.findIndex((line) => firstWord(line) === args.ip);
        const made = lines.map((line, index) => (firstWord(line) !== args.ip ? line : index === first ? wanted : ''));
        if (first < 0) made.push(`${made.at(-1)?.endsWith('\n') === false ? '\n' : ''}${wanted}`);
        await write(ctx, made.join(''));
        return true;
      },
    }),
    rm_host: call({
      doc: 'Take a name from an address.',
      examples: ["tsalt '*' hosts.rm_host <ip> <alias>"],
      args: { ip, alias },
      changes: true,
      async run(ctx, args) {
        if (!hasPair(await tableOf(ctx), args.ip, args.alias)) return true;
        const lines = (await linesToEdit(ctx)) ?? [];
        await write(ctx, lines.map((line) => (firstWord(line) === args.ip ? without(line, args.alias) : line)).join(''));
        return true;
      },
    }),
    add_host: call({
      doc: 'Give an address a further name.',
      examples: ["tsalt '*' hosts.add_host <ip> <alias>"],
      args: { ip, alias },
      changes: true,
      async run(ctx, args) {
        if ((await linesToEdit(ctx)) === undefined) return false;
        const table = await tableOf(ctx);
        if (hasPair(table, args.ip, args.alias)) return true;
        const known = addressOf(table, args.ip);
        table.set(args.ip, { ...known, aliases: [...(known?.aliases ?? []), args.alias] });
        await writeTable(ctx, table);
        return true;
      },
    }),
    set_comment: call({
      doc: 'Set the comment of an address; False if there is no such address.',
      examples: ["tsalt '*' hosts.set_comment <ip> <comment>"],
      args: { ip, comment: { type: 'string', required: true, doc: 'the comment' } },
      changes: true,
      async run(ctx, args) {
        if ((await linesToEdit(ctx)) === undefined) return false;
        const table = await tableOf(ctx);
        const known = addressOf(table, args.ip);
        if (known === undefined) return false;
        if (known.comment === args.comment) return true;
        table.set(args.ip, { ...known, comment: args.comment });
        await writeTable(ctx, table);
        return true;
      },
    }),
  },
});
