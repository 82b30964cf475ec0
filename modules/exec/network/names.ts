import { lookup, lookupService } from 'node:dns/promises';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';

/** The names that the addresses have, sorted; an address without one is left out. */
export const namesOf = async (addresses: readonly string[]): Promise<string[]> => {
  const found = await Promise.all(
    addresses.map(async (address) => {
      const { hostname: name } = await lookupService(address, 0).catch(() => ({ hostname: address }));
      return name === address ? [] : [name];
    }),
  );
  return [...new Set(found.flat())].sort();
};

/** The first of the names of this machine's address that has a dot, else the canonical one; else its own name. */
export const fullName = async (ctx: Ctx): Promise<string> => {
  const own = hostname();
  const address = await lookup(own).then(
    ({ address: found }) => found,
    () => undefined,
  );
  if (address === undefined) return own;
  const { code, text } = await output(ctx, ['getent', 'hosts', address]).catch(() => ({ code: 1, text: '' }));
  const names = text.split('\n')[0]?.trim().split(/\s+/).slice(1) ?? [];
  return code === 0 ? (names.find((name) => name.includes('.')) ?? names[0] ?? own) : own;
};

const output = async (ctx: Ctx, argv: readonly string[]): Promise<{ readonly code: number; readonly text: string }> => {
  const { code, stdout } = await ctx.spawn(argv, { mergeStderr: true, env: { LC_ALL: 'C.UTF-8' } });
  return { code, text: stdout.toString('utf8') };
};

/** The name in use, which /etc/hosts may have. */
const currentName = async (ctx: Ctx, tool: string): Promise<string> => {
  if (tool.endsWith('hostnamectl')) {
    const { code, text } = await output(ctx, [tool, 'status']);
    const [, name] = /Static hostname:\s*(\S+)/.exec(text) ?? [];
    if (code === 0 && name !== undefined) return name;
    return hostname();
  }
  return typeof ctx.grains['fqdn'] === 'string' ? ctx.grains['fqdn'] : hostname();
};

/** Line by line, the first word that is `from` becomes `to`; the words of each line end up tab-separated, as Salt has it. */
export const renamed = (hosts: string, from: string, to: string): string =>
  hosts
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => {
      const words = line.split(/\s+/).filter((word) => word !== '');
      const at = words.indexOf(from);
      return `${(at < 0 ? words : words.with(at, to)).join('\t')}\n`;
    })
    .join('');

const rename = async (ctx: Ctx, name: string): Promise<boolean> => {
  const tool = ctx.host.which('hostnamectl') ?? ctx.host.which('hostname');
  if (tool === undefined) throw new CommandFailed('neither hostnamectl nor hostname is here');
  if (name.startsWith('-')) throw new CommandFailed(`'${name}' is not a host name`);
  const before = await currentName(ctx, tool);
  const { code } = await output(ctx, tool.endsWith('hostnamectl') ? [tool, 'set-hostname', name] : [tool, name]);
  if (code !== 0 && tool.endsWith('hostnamectl')) return false;
  await writeFile('/etc/hosts', renamed(await readFile('/etc/hosts', 'utf8'), before, name));
  if (ctx.host.osFamily === 'Debian') await writeFile('/etc/hostname', `${name}\n`);
  if (ctx.host.osFamily === 'RedHat') {
    const path = '/etc/sysconfig/network';
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) await writeFile(path, text.replace(/^HOSTNAME=(["']?).*?\1$/gm, `HOSTNAME=$1${name}$1`));
  }
  return true;
};

export const nameCalls = {
  mod_hostname: call({
    doc: 'Give this machine another name, in /etc/hosts, too.',
    examples: ["tsalt '*' network.mod_hostname master.saltstack.com"],
    args: { hostname: { type: 'any', required: true, doc: 'the name' } },
    changes: true,
    run: async (ctx, args): Promise<Returnable> => (args.hostname === null ? false : await rename(ctx, String(args.hostname))),
  }),
};
