const TYPES = [
  ...['bitmap:ip', 'bitmap:ip,mac', 'bitmap:port', 'hash:ip', 'hash:mac', 'hash:ip,port', 'hash:ip,port,ip', 'hash:ip,port,net'],
  ...['hash:net', 'hash:net,net', 'hash:net,iface', 'hash:net,port', 'hash:net,port,net', 'hash:ip,mark', 'list:set'],
];

export const isSetType = (type: string): boolean => TYPES.includes(type);

/** Options of a new set that stand alone. */
export const FLAGS = ['comment', 'counters', 'skbinfo'];

/** The options that a new set of a type may have. */
export function createOptions(type: string): string[] {
  if (type === 'list:set') return ['size', 'timeout', 'counters', 'comment'];
  const common = ['timeout', ...FLAGS];
  if (type.startsWith('bitmap:')) return ['range', ...(type === 'bitmap:ip' ? ['netmask'] : []), ...common];
  const hash = ['hashsize', 'maxelem', ...common];
  if (type === 'hash:mac') return hash;
  return ['family', type === 'hash:ip,mark' ? 'markmask' : 'netmask', ...hash];
}

export const requiredOptions = (type: string): string[] => (type.startsWith('bitmap:') ? ['range'] : []);

/** The options that an entry of a set of a type may have. */
export function entryOptions(type: string): string[] {
  const nomatch = type.startsWith('hash:') && (type.includes('net') || type === 'hash:ip,port');
  const queue = type === 'bitmap:port' ? [] : ['skbqueue'];
  return ['timeout', 'packets', 'bytes', 'skbmark', 'skbprio', ...queue, ...(nomatch ? ['nomatch'] : [])];
}

/** What a set must have been created with for an entry to have these options. */
export const NEEDED: readonly (readonly [feature: string, options: readonly string[]])[] = [
  ['timeout', ['timeout']],
  ['counters', ['packets', 'bytes']],
  ['comment', ['comment']],
  ['skbinfo', ['skbmark', 'skbprio', 'skbqueue']],
];
