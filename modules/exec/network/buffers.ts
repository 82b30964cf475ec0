import { existsSync } from 'node:fs';
import { type Ctx, call, type Returnable } from '../../define.ts';

const ETHTOOL = '/sbin/ethtool';
const SIZES = ['rx', 'tx', 'rx-mini', 'rx-jumbo'];
const iface = { type: 'string', required: true, doc: 'the interface' } as const;

const ethtool = async (ctx: Ctx, words: readonly string[]): Promise<string> => {
  const { code, stdout } = await ctx.spawn([ETHTOOL, ...words], { mergeStderr: true });
  ctx.retcode(code);
  return stdout.toString('utf8').trimEnd();
};

/** What `ethtool -g` prints: the largest sizes as `rx-max`, those set as `rx`. */
export const parseSizes = (output: string): Record<string, Returnable> => {
  const found: Record<string, Returnable> = { result: false };
  let suffix = 'max-';
  for (const line of output.split('\n')) {
    const [, name, size] = /^(.+):\s+(\d+)$/.exec(line) ?? [];
    if (name !== undefined) Object.assign(found, { [name.toLowerCase().replaceAll(' ', '-') + suffix]: Number(size), result: true });
    else if (line.endsWith('maximums:')) suffix = '-max';
    else if (line.endsWith('settings:')) suffix = '';
  }
  return found['result'] === true ? found : { ...found, comment: output };
};

const setSizes = async (ctx: Ctx, name: string): Promise<Returnable> => {
  const given = Object.entries(ctx.extra).filter(([key]) => !key.startsWith('__'));
  const wanted = SIZES.flatMap((size) => given.filter(([key, value]) => key === size && value !== null));
  const usage = 'Requires rx=<val> tx==<val> rx-mini=<val> and/or rx-jumbo=<val>';
  if (given.length > 0 && ctx.rest.length > 0) return { result: false, comment: `Unknown arguments: ${ctx.rest.map(String).join(' ')}` };
  if (wanted.length === 0) return { result: false, comment: usage };
  const words = wanted.flatMap(([key, value]) => [key, String(value)]);
  const output = await ethtool(ctx, ['-G', name, ...words]);
  return output === '' ? { result: true, comment: words.join(' ') } : { result: false, comment: output };
};

export const bufferCalls = {
  get_bufsize: call({
    doc: 'The sizes of the ring buffers of an interface, as ethtool tells them; nothing where there is no ethtool.',
    examples: ["tsalt '*' network.get_bufsize eth0"],
    args: { iface },
    changes: false,
    run: async (ctx, args) => (existsSync(ETHTOOL) ? parseSizes(await ethtool(ctx, ['-g', args.iface])) : {}),
  }),
  mod_bufsize: call({
    doc: 'Set the sizes of the ring buffers of an interface by ethtool; False where there is none.',
    examples: ["tsalt '*' network.mod_bufsize eth0 tx=256 rx=256"],
    args: { iface },
    rest: 'none are known',
    extra: '`rx`, `tx`, `rx-mini`, `rx-jumbo`',
    changes: true,
    run: async (ctx, args) => (existsSync(ETHTOOL) ? await setSizes(ctx, args.iface) : false),
  }),
};
