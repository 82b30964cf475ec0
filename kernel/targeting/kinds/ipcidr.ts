import ipaddr from 'ipaddr.js';
import { BadTarget, type Kind, quoted } from '../target.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Addresses in the grains `ipv4` and `ipv6`: one address, or a subnet such as `10.0.0.0/8`. */
export const ipcidr: Kind = {
  name: 'ipcidr',
  letter: 'S',
  compile(expression) {
    const [text = '', mask, ...more] = expression.split('/');
    const address = strictAddress(text);
    if (address === undefined || more.length > 0) {
      throw new BadTarget(`${quoted(expression)} is no address and no subnet; write 10.1.2.3, 10.0.0.0/8 or 2001:db8::/32.`);
    }
    const grain = address.kind();
    const test = mask === undefined ? sameText(canonical(address)) : withinSubnet(address, prefixOf(expression, address, mask));
    return { needs: ['grains'], matches: (subject) => test(subject.grains[grain]) };
  },
};

/** Salt looks a single address up as text. */
const sameText = (wanted: string) => (held: unknown) =>
  Array.isArray(held) ? held.includes(wanted) : typeof held === 'string' && held.includes(wanted);

function withinSubnet(network: Address, bits: number): (held: unknown) => boolean {
  return (held) =>
    (Array.isArray(held) ? held : [held]).some((item) => {
      const address = typeof item === 'string' ? strictAddress(item) : undefined;
      return address !== undefined && address.kind() === network.kind() && address.match(network, bits);
    });
}

/** Only the four-part decimal form, without leading zeros, and plain IPv6. */
function strictAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return /(^|\.)0\d/.test(text) ? undefined : ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

const canonical = (address: Address): string => (address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString());

function prefixOf(expression: string, network: Address, mask: string): number {
  const width = network.kind() === 'ipv4' ? 32 : 128;
  const bits = /^\d{1,3}$/.test(mask) ? Number(mask) : netmaskBits(mask);
  if (bits === undefined || bits > width) {
    throw new BadTarget(`${quoted(expression)}: ${quoted(mask)} is no prefix length; use 0 to ${width}, or a netmask for IPv4.`);
  }
  const base = lowest(network, bits);
  if (base !== canonical(network)) {
    throw new BadTarget(`${quoted(expression)} names an address inside a subnet; write the subnet itself, ${base}/${bits}.`);
  }
  return bits;
}

/** Python takes a netmask (255.255.0.0) and a host mask (0.0.255.255). */
function netmaskBits(mask: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(mask)) return undefined;
  const given = ipaddr.IPv4.parse(mask);
  const inverted = new ipaddr.IPv4(given.octets.map((octet) => 255 - octet));
  return given.prefixLengthFromSubnetMask() ?? inverted.prefixLengthFromSubnetMask() ?? undefined;
}

function lowest(network: Address, bits: number): string {
  const bytes = network.toByteArray().map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))) & 0xff);
  return canonical(ipaddr.fromByteArray(bytes));
}
