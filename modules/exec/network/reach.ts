import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { CommandFailed, CommandNotFound, type Ctx, type Returnable } from '../../define.ts';

/** Only what a host name or address is made of: it goes on a command line. */
export const checkedHost = (host: string): string => {
  const clean = isIP(host) ? host : host.replace(/[^A-Za-z0-9._-]/g, '').slice(0, 255);
  if (clean === '' || clean.startsWith('-')) throw new CommandFailed(`'${host}' is not a host`);
  return clean;
};

/** Runs a program of the network tools; its output with stderr. Throws CommandNotFound if it is not installed. */
export const tool = async (ctx: Ctx, argv: readonly [string, ...string[]]): Promise<{ readonly code: number; readonly text: string }> => {
  if (ctx.host.which(argv[0]) === undefined) throw new CommandNotFound(`The '${argv[0]}' binary was not found in $PATH.`);
  const { code, stdout } = await ctx.spawn(argv, { mergeStderr: true, env: { LC_ALL: 'C.UTF-8' } });
  return { code, text: stdout.toString('utf8').trimEnd() };
};

export const ping = async (ctx: Ctx, host: string, timeout: number | undefined, asBoolean: boolean): Promise<Returnable> => {
  const { code, text } = await tool(ctx, ['ping', ...(timeout ? ['-W', String(timeout)] : []), '-c', '4', checkedHost(host)]);
  if (asBoolean) return code === 0;
  ctx.retcode(code);
  return text;
};

export interface ConnectOptions {
  readonly proto: string;
  readonly timeout: number;
  readonly family: string | undefined;
}

/** Whether a port can be reached, with a sentence. */
export const tryConnect = async (
  ctx: Ctx,
  host: string,
  port: number,
  options: ConnectOptions,
): Promise<{ result: boolean; comment: string }> => {
  const proto = options.proto === 'udp' ? 'udp' : 'tcp';
  const family = options.family === 'ipv4' ? 4 : options.family === 'ipv6' ? 6 : 0;
  const found = family !== 0 && isIP(host) === 10 - family ? undefined : await lookup(checkedHost(host), { family }).catch(() => undefined);
  if (found === undefined) return { result: false, comment: `Unable to resolve host ${host} on ${proto} port ${port}` };
  const reached = await (proto === 'udp' ? reachUdp : reachTcp)(found.address, port, options.timeout * 1000, ctx.signal);
  const where = `${host} (${found.address}) on ${proto} port ${port}`;
  return { result: reached, comment: `${reached ? 'Successfully connected to' : 'Unable to connect to'} ${where}` };
};

const reachTcp = (address: string, port: number, timeout: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host: address, port, signal });
    const settle = (reached: boolean): void => {
      socket.destroy();
      done(reached);
    };
    socket.setTimeout(timeout, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });

/** UDP has no connections: reached is what answers. */
const reachUdp = (address: string, port: number, timeout: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((done) => {
    const socket = createSocket({ type: isIP(address) === 6 ? 'udp6' : 'udp4', signal });
    const timer = setTimeout(() => settle(false), timeout);
    const settle = (reached: boolean): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.close();
      done(reached);
    };
    socket.once('message', () => settle(true));
    socket.once('error', () => settle(false));
    socket.send('tsalt', port, address, (error) => {
      if (error) settle(false);
    });
  });
