import type { Returnable } from '../../define.ts';
import { familyOf } from './nft.ts';

export type Wishes = Readonly<Record<string, Returnable>>;

const text = (value: Returnable | undefined): string => (value === true ? 'True' : value === false ? 'False' : String(value ?? 'None'));
const range = (value: Returnable | undefined): string => text(value).replaceAll(':', '-');

/** Ports from high to low. @throws Error for what is no number */
function ports(value: Returnable | undefined): string {
  const numbers = text(value).split(',').map(Number);
  if (numbers.some(Number.isNaN)) throw new Error(`${text(value)} is no list of ports: write numbers with commas between`);
  return numbers.sort((a, b) => b - a).join(', ');
}

/** What each option becomes, in the order in which it stands in a rule; what an action needs stands behind it. */
type Part = readonly [names: readonly string[], (value: Returnable | undefined, family: string, proto: string) => string];
const PARTS: readonly Part[] = [
  [['if'], (value) => `meta iifname ${text(value)}`],
  [['of'], (value) => `meta oifname ${text(value)}`],
  [['connstate'], (value) => `ct state { ${text(value)} }`],
  [['icmp-type'], (value) => `icmp type { ${text(value)} }`],
  [['icmpv6-type'], (value) => `icmpv6 type { ${text(value)} }`],
  [['pkttype'], (value) => `meta pkttype { ${text(value)} }`],
  [['counter'], () => 'counter'],
  [['saddr', 'source'], (value, family) => `${family} saddr ${text(value)}`],
  [['daddr', 'destination'], (value, family) => `${family} daddr ${text(value)}`],
  [['dport'], (value, _family, proto) => `${proto} dport { ${range(value)} }`],
  [['sport'], (value, _family, proto) => `${proto} sport { ${range(value)} }`],
  [['dports'], (value, _family, proto) => `${proto} dport { ${ports(value)} }`],
  [['sports'], (value, _family, proto) => `${proto} sport { ${ports(value)} }`],
  [['target', 'jump'], text],
  [['j'], text],
  [['redirect-to', 'to-port'], (value) => `redirect to ${text(value)}`],
  [['to-ports'], (value) => `--to-ports ${text(value)}`],
  [['to-source'], text],
  [['to-destination'], text],
  [['reject-with'], (value) => `reject with ${text(value)}`],
];

/** A rule as nft takes it, from options that have the names of those of iptables. Others are not looked at. */
export function ruleText(wishes: Wishes, family: string): string {
  const proto = 'proto' in wishes ? text(wishes['proto']) : '';
  const words = PARTS.flatMap(([names, word]) => {
    const given = names.filter((name) => Object.hasOwn(wishes, name));
    if (given.length === 0) return [];
    const value = given.map((name) => wishes[name]).find(Boolean) ?? wishes[given[0] ?? ''];
    return [word(value, familyOf(family), proto)];
  });
  return words.join(' ');
}
