import { existsSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ctx, call, execModule } from '../../define.ts';
import { type Ended, execute } from './commands.ts';
import { readIfThere } from './files.ts';

const LINKS = '/etc/alternatives';

/** update-alternatives(1), by the name it has on this system. A failure without a word is told by what it printed. */
const run = (ctx: Ctx, ...argv: readonly string[]): Promise<Ended> =>
  execute(ctx, [ctx.host.osFamily === 'RedHat' ? 'alternatives' : 'update-alternatives', ...argv]);
const ask = (ctx: Ctx, ...argv: readonly string[]): Promise<Ended> =>
  execute(ctx, [ctx.host.osFamily === 'RedHat' ? 'alternatives' : 'update-alternatives', ...argv], { ignore_retcode: true });

const isRefused = ({ retcode, stderr }: Ended): boolean => retcode > 0 && stderr !== '';
const told = (ended: Ended): string => (ended.retcode > 0 ? ended.stderr : ended.stdout);

const currentOf = (name: string): Promise<string | false> => readlink(join(LINKS, name)).catch(() => false as const);

/** Where RedHat and Suse keep what is known of a name: its second line is the link. */
const RECORDS: Readonly<Record<string, string>> = { RedHat: '/var/lib/alternatives', Suse: '/var/lib/rpm/alternatives' };

async function linkOf(ctx: Ctx, name: string): Promise<string | false> {
  const records = RECORDS[ctx.host.osFamily];
  if (records !== undefined) return (await readIfThere(join(records, name)))?.split('\n')[1] ?? false;
  const ended = await ask(ctx, '--query', name);
  if (isRefused(ended)) return false;
  const [head = ''] = ended.stdout.split('\n\n', 1);
  return /^Link:\s*(.*?)\s*$/m.exec(head)?.[1] ?? false;
}

const name = { type: 'string', required: true, doc: 'the name: `editor`' } as const;
const path = { type: 'string', required: true, doc: 'one of the alternatives' } as const;

export default execModule({
  name: 'alternatives',
  doc: 'Which of several programs a name such as `editor` stands for, by update-alternatives.',
  serves: () => existsSync(LINKS) || 'Cannot load alternatives module: /etc/alternatives dir not found',
  calls: {
    display: call({
      doc: 'What is known of a name, as the tool prints it.',
      examples: ["tsalt '*' alternatives.display editor"],
      args: { name },
      changes: false,
      out: 'txt',
      async run(ctx, args) {
        const ended = await ask(ctx, '--display', args.name);
        return isRefused(ended) ? ended.stderr : ended.stdout;
      },
    }),
    show_link: call({
      doc: 'The link that a name is about: `/usr/bin/editor`; False if the name is not known.',
      examples: ["tsalt '*' alternatives.show_link editor"],
      args: { name },
      changes: false,
      run: (ctx, args) => linkOf(ctx, args.name),
    }),
    show_current: call({
      doc: 'What a name stands for now; False if the name is not known.',
      examples: ["tsalt '*' alternatives.show_current editor"],
      args: { name },
      changes: false,
      run: (_ctx, args) => currentOf(args.name),
    }),
    check_exists: call({
      doc: 'Whether a path is one of the alternatives of a name.',
      examples: ["tsalt '*' alternatives.check_exists name path"],
      args: { name, path },
      changes: false,
      async run(ctx, args) {
        const ended = await ask(ctx, '--display', args.name);
        return !isRefused(ended) && ended.stdout.split('\n').some((line) => line.startsWith(args.path));
      },
    }),
    check_installed: call({
      doc: 'Whether a name stands for a path now.',
      examples: ["tsalt '*' alternatives.check_installed name path"],
      args: { name, path },
      changes: false,
      run: async (_ctx, args) => (await currentOf(args.name)) === args.path,
    }),
    install: call({
      doc: 'Add an alternative.',
      examples: ["tsalt '*' alternatives.install editor /usr/bin/editor /usr/bin/emacs23 50"],
      args: {
        name,
        link: { type: 'string', required: true, doc: 'the link that the name is about' },
        path,
        priority: { type: 'any', required: true, doc: 'the highest one is taken if nobody chose' },
      },
      changes: true,
      out: 'txt',
      async run(ctx, args) {
        const ended = await run(ctx, '--install', args.link, args.name, args.path, String(args.priority));
        return isRefused(ended) ? ended.stderr : ended.stdout;
      },
    }),
    remove: call({
      doc: 'Remove an alternative.',
      examples: ["tsalt '*' alternatives.remove name path"],
      args: { name, path },
      changes: true,
      out: 'txt',
      run: async (ctx, args) => told(await run(ctx, '--remove', args.name, args.path)),
    }),
    auto: call({
      doc: 'Let the priorities choose.',
      examples: ["tsalt '*' alternatives.auto name"],
      args: { name },
      changes: true,
      run: async (ctx, args) => told(await run(ctx, '--auto', args.name)),
    }),
    set: call({
      doc: 'Choose an alternative.',
      examples: ["tsalt '*' alternatives.set name path"],
      args: { name, path },
      changes: true,
      run: async (ctx, args) => told(await run(ctx, '--set', args.name, args.path)),
    }),
  },
});
