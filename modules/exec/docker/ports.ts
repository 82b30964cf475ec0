import { CallRefused, type Returnable } from '../../define.ts';
import { checkAddress } from './readers.ts';
import { isFields, isList } from './values.ts';

/** `80`, `80-90` and `53/udp` as their first and last number and the protocol. */
function range(given: string): { readonly first: number; readonly last: number; readonly protocol: string } {
  const [, from, to = from, protocol = 'tcp'] = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?(?:\/(\w+))?$/.exec(given) ?? [];
  if (from === undefined) throw new CallRefused(`'${given}' is non-numeric or an invalid port range`);
  const [first, last] = [Number(from), Number(to)];
  if (first > last) throw new CallRefused(`Start of port range (${first}) cannot be greater than end of port range (${last})`);
  return { first, last, protocol: protocol.toLowerCase() };
}

const numbers = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, at) => first + at);
const items = (value: Returnable): string[] =>
  isList(value)
    ? value.map(String)
    : String(value)
        .split(',')
        .map((one) => one.trim());

/** Ports of the container, as the engine names them: `80/tcp`. */
export const exposed = (value: Returnable): string[] =>
  items(value).flatMap((item) => {
    const { first, last, protocol } = range(item);
    return numbers(first, last).map((port) => `${port}/${protocol}`);
  });

type Binding = Readonly<Record<'HostIp' | 'HostPort', string>>;

/** Where ports of the container are reached: `8080:80`, `127.0.0.1:5000-5010:5000-5010/tcp`, or `80` for any free port. */
export function published(value: Returnable, checks: boolean): Record<string, Binding[]> {
  const bindings: Record<string, Binding[]> = {};
  const add = (port: string, binding: Binding): void => {
    bindings[port] = [...(bindings[port] ?? []), binding];
  };
  if (isFields(value))
    for (const [port, to] of Object.entries(value)) for (const one of isList(to) ? to : [to]) add(withProtocol(port), bindingOf(one));
  else for (const item of items(value)) for (const [port, binding] of parse(item, checks)) add(port, binding);
  return bindings;
}

const withProtocol = (port: string): string => (port.includes('/') ? port : `${port}/tcp`);

function bindingOf(given: Returnable): Binding {
  if (isFields(given)) return { HostIp: String(given['HostIp'] ?? ''), HostPort: String(given['HostPort'] ?? '') };
  if (isList(given)) return { HostIp: String(given[0] ?? ''), HostPort: String(given[1] ?? '') };
  return { HostIp: '', HostPort: given === null ? '' : String(given) };
}

function parse(item: string, checks: boolean): [string, Binding][] {
  // An address of IPv6 stands in brackets or has colons of its own: the ports are the last two parts.
  const all = item.split(':');
  const [ip, host, inside = ''] =
    all.length === 1 ? [undefined, undefined, item] : all.length === 2 ? [undefined, ...all] : threeParts(item, all);
  if (inside === '')
    throw new CallRefused(
      all.length === 1 ? 'Empty port binding definition found' : `Empty container port in port binding definition '${item}'`,
    );
  if (host === '' && ip === undefined) throw new CallRefused(`Empty host port in port binding definition '${item}'`);
  if (checks && ip !== undefined) checkAddress(ip);
  const { first, last, protocol } = range(inside);
  const outside = host === undefined || host === '' ? undefined : range(host);
  if (outside !== undefined && outside.last - outside.first !== last - first)
    throw new CallRefused(`Host port range (${host}) does not have the same number of ports as the container port range (${inside})`);
  return numbers(first, last).map((port, at) => [
    `${port}/${protocol}`,
    { HostIp: ip ?? '', HostPort: outside === undefined ? '' : String(outside.first + at) },
  ]);
}

function threeParts(item: string, all: readonly string[]): [string, string, string] {
  const [, bracketed, host = '', inside = ''] = /^\[([^\]]+)\]:([^:]*):([^:]*)$/.exec(item) ?? [];
  if (bracketed !== undefined) return [bracketed, host, inside];
  if (all.length !== 3)
    throw new CallRefused(`'${item}' is an invalid port binding definition (at most 3 components are allowed, found ${all.length})`);
  return [all[0] ?? '', all[1] ?? '', all[2] ?? ''];
}
