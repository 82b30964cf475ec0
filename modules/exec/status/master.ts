import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { type Ctx, call, type Returnable } from '../../define.ts';

const PROBE_MS = 5000;
const optionOf = async (ctx: Ctx, name: string, otherwise: number): Promise<number> =>
  Number(await ctx.call('config.get', [name, otherwise])) || otherwise;
const addressesOf = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true }).catch(() => [])).map(({ address }) => address);

/** Addresses that this machine has an established TCP connection with, at that port of theirs; IPv4 and mapped. */
export const connectedAt = (tcp: string, port: number): string[] =>
  tcp.split('\n').flatMap((line) => {
    const [, , remote = '', state] = line.trim().split(/\s+/);
    const [address = '', number = ''] = remote.split(':');
    if (state !== '01' || Number.parseInt(number, 16) !== port) return [];
    const bytes = address.slice(-8).match(/../g) ?? [];
    return [
      bytes
        .reverse()
        .map((byte) => Number.parseInt(byte, 16))
        .join('.'),
    ];
  });

const isConnected = async (ctx: Ctx, addresses: readonly string[]): Promise<boolean> => {
  const port = await optionOf(ctx, 'publish_port', 4505);
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')));
  const connected = tables.flatMap((table) => connectedAt(table, port));
  return addresses.some((address) => connected.includes(address));
};

const answers = (host: string, port: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host, port, signal });
    const settle = (result: boolean): void => {
      socket.destroy();
      done(result);
    };
    socket.setTimeout(PROBE_MS, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });

export const masterCalls = {
  master: call({
    doc: 'Whether this machine is connected with the publisher of a master; None where the name is of no address.',
    examples: ["tsalt '*' status.master salt.example.com"],
    args: {
      master: { type: 'string', doc: 'its name or address' },
      connected: { type: 'boolean', default: true, doc: 'accepted for compatibility' },
    },
    changes: false,
    async run(ctx, { master }): Promise<Returnable> {
      const addresses = master === undefined || master === '' ? [] : await addressesOf(master);
      return addresses.length === 0 ? null : await isConnected(ctx, addresses);
    },
  }),
  ping_master: call({
    doc: 'Whether a master takes connections at its request port.',
    examples: ["tsalt '*' status.ping_master salt.example.com"],
    args: { master: { type: 'any', required: true, doc: 'its name or address' } },
    changes: false,
    async run(ctx, { master }) {
      if (typeof master !== 'string' || master === '') return false;
      return await answers(master, await optionOf(ctx, 'master_port', 4506), ctx.signal);
    },
  }),
  proxy_reconnect: call({
    doc: 'Answers False: there are no proxy minions here.',
    examples: ["tsalt '*' status.proxy_reconnect rest_sample"],
    args: { proxy_name: { type: 'string', required: true, doc: 'the proxy module' }, opts: { type: 'any', doc: 'its options' } },
    changes: false,
    run: () => false,
  }),
};
