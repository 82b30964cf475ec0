import type { Returnable } from '../../define.ts';

/** A rule by its options, each with the values it was given; the value of a flag is an empty text. */
type Rule = Record<string, string[]>;

/** Long names of short options, and the names under which Salt tells of some others. */
const NAMES: Readonly<Record<string, string>> = {
  A: 'append',
  p: 'protocol',
  s: 'source',
  d: 'destination',
  j: 'jump',
  g: 'goto',
  i: 'in-interface',
  o: 'out-interface',
  f: 'fragment',
  c: 'set-counters',
  m: 'match',
  sport: 'source_port',
  'source-port': 'source_port',
  dport: 'destination_port',
  'destination-port': 'destination_port',
  sports: 'source-ports',
  dports: 'destination-ports',
  'src-cc': 'source-country',
  'dst-cc': 'destination-country',
};

/** The words of a line, without the quotes around them. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s"'\\]|\\.)+))(?=\s|$)/g)].map(
    ([, double, single, plain]) => single ?? (double ?? plain ?? '').replace(/\\(.)/g, '$1'),
  );

/** `! -s 10.0.0.1` is the option s with the value `! 10.0.0.1`; a value may have several words. */
function ruleOf(line: string): Rule {
  const rule: Rule = {};
  let [option, negated]: [string | undefined, boolean] = [undefined, false];
  let values: string[] = [];
  const close = (): void => {
    if (option !== undefined) rule[option] = [...(rule[option] ?? []), [...(negated ? ['!'] : []), ...values].join(' ')];
    [values, negated] = [[], false];
  };
  const words = wordsOf(line);
  for (const [index, word] of words.entries()) {
    const before = words[index - 1] === '!';
    if (word === '!' && words[index + 1]?.startsWith('-')) continue;
    if (!word.startsWith('-') || word === '-') values.push(word);
    else {
      close();
      const name = word.replace(/^--?/, '');
      option = NAMES[name] ?? name;
      negated = before;
    }
  }
  close();
  return rule;
}

/** Tables, chains and rules as `iptables-save` writes them. */
export function parseSaved(text: string): Record<string, Returnable> {
  const tables: Record<string, Record<string, Chain>> = {};
  let table: Record<string, Chain> = {};
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      table = {};
      tables[line.slice(1).trim()] = table;
    } else if (line.startsWith(':')) {
      const [name = '', policy = '', counters = ''] = line.slice(1).split(/\s+/);
      const [packets = '', bytes = ''] = counters.replace(/[[\]]/g, '').split(':');
      table[name] = { policy, 'packet count': packets, 'byte count': bytes, rules: [], rules_comment: {} };
    } else if (line.startsWith('-A')) {
      const { append: [name = ''] = [], ...rule } = ruleOf(line);
      const chain = table[name];
      if (chain === undefined) continue;
      const [comment] = rule['comment'] ?? [];
      if (comment !== undefined) chain.rules_comment[comment.replace(/^"+|"+$/g, '')] = rule;
      chain.rules.push(rule);
    }
  }
  return tables as unknown as Record<string, Returnable>;
}

interface Chain {
  readonly policy: string;
  readonly 'packet count': string;
  readonly 'byte count': string;
  readonly rules: Rule[];
  readonly rules_comment: Record<string, Rule>;
}

/** The policy of a chain; null if there is no such table or chain. */
export function policyIn(text: string, table: string, chain: string): Returnable {
  const chains = (parseSaved(text)[table] ?? {}) as Readonly<Record<string, { readonly policy: string }>>;
  return Object.hasOwn(chains, chain) ? (chains[chain]?.policy ?? null) : null;
}

/** How many rules a chain has; undefined if there is no such table or chain. */
export function rulesIn(text: string, table: string, chain: string): number | undefined {
  const chains = (parseSaved(text)[table] ?? {}) as Readonly<Record<string, { readonly rules: readonly unknown[] }>>;
  return Object.hasOwn(chains, chain) ? chains[chain]?.rules.length : undefined;
}
