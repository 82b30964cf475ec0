import type { Returnable } from '../../define.ts';

const WEEK = 604800;

/** What a file of a zone says, in Salt's shape: variables, what SOA tells, and records by their types. */
export function parseZone(text: string): Record<string, Returnable> {
  const told: Record<string, string | number> = {};
  const lists: Record<string, Returnable[]> = {};
  const maps: Record<string, Record<string, Returnable>> = {};
  for (const line of logicalLines(text)) {
    const words = wordsOf(line);
    if (line.startsWith('$')) told[at(words, 0).replaceAll('$', '')] = at(words, 1);
    else record(line, told, lists, maps);
  }
  return { ...told, ...lists, ...maps };
}

const wordsOf = (line: string): string[] => line.split(/\s+/).filter((word) => word !== '');

function at(words: readonly string[], index: number): string {
  const word = words[index];
  if (word === undefined) throw new Error(`A record has no word ${index + 1}: ${words.join(' ')}`);
  return word;
}

/** Lines without comments; those between parentheses as one. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open: string | undefined;
  for (const raw of text.split('\n')) {
    const line = (raw.split(';')[0] ?? '').trim();
    if (line === '') continue;
    if (open === undefined && (line.startsWith('$') || !line.includes('(') || line.includes(')'))) lines.push(line);
    else {
      open = `${open ?? ''} ${line}`;
      if (!line.includes(')')) continue;
      lines.push(open.replace(/[()]/g, ''));
      open = undefined;
    }
  }
  return lines;
}

function record(
  line: string,
  told: Record<string, string | number>,
  lists: Record<string, Returnable[]>,
  maps: Record<string, Record<string, Returnable>>,
): void {
  const words = wordsOf('ORIGIN' in told ? line.replaceAll('@', String(told['ORIGIN'])) : line);
  if (line.includes('SOA')) {
    startOfAuthority(words, told);
    return;
  }
  const origin = (): string => {
    if (told['ORIGIN'] === undefined) throw new Error('The zone has no origin');
    return String(told['ORIGIN']);
  };
  if (words[0] === 'IN') words.unshift(origin());
  if (!at(words, 0).endsWith('.') && !line.includes('NS')) words[0] = `${at(words, 0)}.${origin()}`;
  const type = at(words, 2);
  if (type === 'NS') lists['NS'] = [...(lists['NS'] ?? []), at(words, 3)];
  // Of several exchangers Salt tells the first.
  else if (type === 'MX') lists['MX'] ??= [{ priority: at(words, 3), host: at(words, 4) }];
  else if (at(words, 3) === 'A' || words[3] === 'AAAA')
    maps[at(words, 3)] = { ...maps[at(words, 3)], [at(words, 0)]: { TARGET: at(words, 4), TTL: at(words, 1) } };
  else maps[type] = { ...maps[type], [at(words, 0)]: at(words, 3) };
}

function startOfAuthority(words: string[], told: Record<string, string | number>): void {
  if (at(words, 1) !== 'IN') words.splice(1, 1);
  told['ORIGIN'] = at(words, 0);
  told['NETWORK'] = at(words, 1);
  told['SOURCE'] = at(words, 3);
  told['CONTACT'] = at(words, 4).replace('.', '@');
  told['SERIAL'] = at(words, 5);
  for (const [index, name] of ['REFRESH', 'RETRY', 'EXPIRE', 'MINTTL'].entries()) told[name] = secondsOf(at(words, 6 + index));
}

/** A time as seconds, a week at most; weeks are one. */
function secondsOf(text: string): number {
  const upper = text.toUpperCase();
  const unit = ['H', 'D', 'W'].find((letter) => upper.includes(letter));
  if (unit === 'W') return WEEK;
  const number = upper.replaceAll(unit ?? '', '');
  if (!/^[+-]?\d+$/.test(number)) {
    if (unit !== undefined) throw new Error(`${text} is no time`);
    return WEEK;
  }
  return Math.min(Number(number) * (unit === 'H' ? 3600 : unit === 'D' ? 86400 : 1), WEEK);
}
