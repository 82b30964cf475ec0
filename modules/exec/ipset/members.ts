import { isIPv4, isIPv6 } from 'node:net';

/** Part of a member: an address or a network by its first and last address, or anything else as it is written. */
type Part =
  | { readonly kind: 'address' | 'network'; readonly bits: 32 | 128; readonly first: bigint; readonly last: bigint }
  | { readonly kind: 'other'; readonly text: string };

/** A member of a set of a type, taken apart; options behind it are the last part. */
export function parseMember(type: string, member: string): Part[] {
  const kinds = (type.split(':')[1] ?? '').split(',');
  const [values = '', options] = splitOnce(member, ' ');
  const parts = values.split(',');
  const parsed = kinds.map((kind, index) => partOf(kind, parts[index] ?? ''));
  return options === undefined ? parsed : [...parsed, { kind: 'other', text: options }];
}

const splitOnce = (text: string, mark: string): [string, string?] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};

function partOf(kind: string, text: string): Part {
  const other: Part = { kind: 'other', text };
  if (kind === 'port') return { kind: 'other', text: String(Number(text)) };
  if (kind !== 'ip' && kind !== 'net') return other;
  if (text.includes('/')) return network(text) ?? other;
  if (text.includes('-')) return range(text) ?? other;
  const address = addressOf(text);
  return address === undefined ? other : { kind: 'address', ...address, first: address.value, last: address.value };
}

function addressOf(text: string): { readonly bits: 32 | 128; readonly value: bigint } | undefined {
  if (isIPv4(text)) return { bits: 32, value: text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n) };
  if (!isIPv6(text) || text.includes('%') || text.includes('.')) return undefined;
  const [head = '', tail] = text.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const middle = tail === undefined ? [] : new Array<string>(8 - before.length - after.length).fill('0');
  return { bits: 128, value: [...before, ...middle, ...after].reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n) };
}

function network(text: string): Part | undefined {
  const [start = '', prefix = ''] = text.split('/');
  const address = addressOf(start);
  if (address === undefined || !/^\d+$/.test(prefix) || Number(prefix) > address.bits) return undefined;
  const size = 1n << BigInt(address.bits - Number(prefix));
  const first = address.value - (address.value % size);
  return { kind: 'network', bits: address.bits, first, last: first + size - 1n };
}

/** A range of addresses that is one network counts as that; any other holds nothing but itself. */
function range(text: string): Part | undefined {
  const [from, to] = text.split('-').map(addressOf);
  if (from === undefined || to === undefined || from.bits !== to.bits || to.value < from.value) return undefined;
  const size = to.value - from.value + 1n;
  const isNetwork = (size & (size - 1n)) === 0n && from.value % size === 0n;
  return isNetwork ? { kind: 'network', bits: from.bits, first: from.value, last: to.value } : undefined;
}

/** Whether an entry is a member, is within one, or has it within. */
export const isCovered = (member: readonly Part[], entry: readonly Part[]): boolean =>
  member.length >= entry.length && entry.every((part, index) => fits(member[index], part));

function fits(member: Part | undefined, entry: Part): boolean {
  if (member === undefined || member.kind === 'other' || entry.kind === 'other') {
    return member?.kind === 'other' && entry.kind === 'other' && member.text === entry.text;
  }
  if (member.bits !== entry.bits) return false;
  if (member.kind === entry.kind) return member.first === entry.first && member.last === entry.last;
  const [inner, outer] = member.kind === 'address' ? [member, entry] : [entry, member];
  return outer.first <= inner.first && inner.last <= outer.last;
}
