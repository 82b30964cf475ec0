import { call, float, type Returnable } from '../../define.ts';
import { checkedHost, tool } from './reach.ts';

/** The hops in what traceroute 2.x prints; an empty map stands for a line that is understood by nobody. */
export const parseHops = (output: string): Record<string, Returnable>[] =>
  output
    .split('\n')
    .filter((line) => line.includes(' ') && !line.startsWith('traceroute'))
    .map(hopOf);

const hopOf = (line: string): Record<string, Returnable> => {
  const [count = '', host = '', ...times] = line.split('  ');
  if (host === '* * *') return { count: Number(count), hostname: '*' };
  if (times.length < 3) return {};
  const [name = '', ip = ''] = host.split(/\s+/);
  const ms = times.slice(0, 3).map((time, index) => [`ms${index + 1}`, float(Number.parseFloat(time))]);
  return { count: Number(count), hostname: name, ip: ip.replace(/^[()]+|[()]+$/g, ''), ...Object.fromEntries(ms) };
};

export const tracerouteCalls = {
  traceroute: call({
    doc: 'The hops on the way to a host.',
    examples: ["tsalt '*' network.traceroute archlinux.org"],
    args: { host: { type: 'string', required: true, doc: 'the host' } },
    changes: false,
    run: async (ctx, args) => parseHops((await tool(ctx, ['traceroute', checkedHost(args.host)])).text),
  }),
};
