import { type Ctx, call, type Returnable } from '../../define.ts';
import { tool } from './reach.ts';

/** Hardware addresses with the addresses behind them, of one family. */
const neighbours = async (ctx: Ctx, mark: '.' | ':'): Promise<Record<string, Returnable>> => {
  const { text } = await tool(ctx, ['ip', 'neigh', 'show']);
  const found: Record<string, Returnable> = {};
  for (const words of text.split('\n').map((line) => line.split(/\s+/))) {
    const [address = '', , , , hardware] = words;
    if (hardware !== undefined && address.includes(mark)) found[hardware] = address;
  }
  return found;
};

const calls = (mark: '.' | ':', names: readonly string[]) =>
  names.map((name) => [
    name,
    call({
      doc: `The ${mark === '.' ? 'IPv4' : 'IPv6'} neighbours of this machine, by hardware address.`,
      examples: [`tsalt '*' network.${name}`],
      args: {},
      changes: false,
      run: (ctx) => neighbours(ctx, mark),
    }),
  ]);

export const neighbourCalls = Object.fromEntries([...calls('.', ['ip_neighs', 'ipneighs']), ...calls(':', ['ip_neighs6', 'ipneighs6'])]);
