import { type Ctx, call, execModule } from '../../define.ts';
import { clock } from './clock.ts';
import { execute, output } from './commands.ts';
import { readIfThere, replaceFile } from './files.ts';
import { power } from './power.ts';

const MACHINE_INFO = '/etc/machine-info';
const PRETTY = /^\s*PRETTY_HOSTNAME=(.*)$/;

/** The pretty host name as it is kept: by systemd, or in its file. */
async function kept(ctx: Ctx): Promise<string | undefined> {
  const tool = ctx.host.which('hostnamectl');
  if (tool !== undefined) return output(ctx, [tool, 'status', '--pretty']);
  const lines = ((await readIfThere(MACHINE_INFO)) ?? '').split('\n').map((line) => PRETTY.exec(line)?.[1]?.trim());
  return lines
    .filter((text) => text !== undefined)
    .at(-1)
    ?.replace(/^(["'])(.*)\1$/, '$2');
}

async function keep(ctx: Ctx, text: string): Promise<boolean> {
  const tool = ctx.host.which('hostnamectl');
  if (tool !== undefined) return (await execute(ctx, [tool, 'set-hostname', '--pretty', text])).retcode === 0;
  const lines = ((await readIfThere(MACHINE_INFO)) ?? '').split('\n').filter((line) => line !== '' && !PRETTY.test(line));
  await replaceFile(MACHINE_INFO, [...lines, `PRETTY_HOSTNAME="${text}"`].map((line) => `${line}\n`).join(''));
  return true;
}

const UNESCAPED: readonly (readonly [string, string])[] = [
  ['\\\\', '\\'],
  ['\\"', '"'],
  ['\\n', '\n'],
  ['\\t', '\t'],
];

export default execModule({
  name: 'system',
  doc: 'The machine as a whole: power, clock and name.',
  calls: {
    ...power,
    ...clock,
    get_computer_desc: call({
      doc: 'The pretty name of the machine; False if it has none.',
      examples: ["tsalt '*' system.get_computer_desc"],
      args: {},
      changes: false,
      async run(ctx) {
        const text = await kept(ctx);
        return text === undefined ? false : UNESCAPED.reduce((made, [from, to]) => made.replaceAll(from, to), text);
      },
    }),
    set_computer_desc: call({
      doc: 'Set the pretty name of the machine.',
      examples: [`tsalt '*' system.set_computer_desc "Michael's laptop"`],
      args: { desc: { type: 'string', required: true, doc: 'the name, any text' } },
      changes: true,
      run: (ctx, args) => keep(ctx, args.desc.replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\t', '\\t')),
    }),
    get_computer_name: call({
      doc: 'The host name.',
      examples: ["tsalt '*' system.get_computer_name"],
      args: {},
      changes: false,
      run: (ctx) => ctx.call('network.get_hostname'),
    }),
    set_computer_name: call({
      doc: 'Set the host name.',
      examples: ["tsalt '*' system.set_computer_name master.saltstack.com"],
      args: { hostname: { type: 'string', required: true, doc: 'the name' } },
      changes: true,
      run: (ctx, args) => ctx.call('network.mod_hostname', [args.hostname]),
    }),
  },
});
