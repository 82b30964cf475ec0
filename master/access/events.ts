import type { BusEvent } from '../../kernel/events/bus.ts';
import { type House, isAdministrator, mayAsk, mayDo, maySee, type Person, seesAll } from './person.ts';

/** Whether a job or runner was started by this person. */
export type Own = (jid: string) => boolean;

/**
 * The event as a person may see it, or nothing. Others than administrators see: jobs they started or could have started, on
 * the minions they may know; runners and wheels they may call; keys, if they may list those; and what minions they may know say.
 */
export function eventFor(event: BusEvent, person: Person, own: Own, house: House): BusEvent | undefined {
  if (isAdministrator(person)) return event;
  const { tag, data } = event;
  const [root, kind, id = '', what = ''] = tag.split('/');
  if (root === 'salt' && kind === 'job') return own(id) || jobSeen(what, data, person, house) ? event : undefined;
  if (root === 'salt' && (kind === 'run' || kind === 'wheel')) return own(id) || calledSeen(kind, data, person, house) ? event : undefined;
  if (tag === 'key' || (root === 'salt' && (kind === 'key' || kind === 'auth')))
    return mayAsk(person, 'wheel', 'key.list_all', [], {}, house) ? event : undefined;
  return ofMinions(event, person, house);
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const idsOf = (value: unknown): string[] => listOf(value).filter((id) => typeof id === 'string');

/** `new` and `publish` name all minions, `ret` the one that answered. What else is told of a job is for who started it. */
function jobSeen(what: string, data: BusEvent['data'], person: Person, house: House): boolean {
  if (!['new', 'publish', 'ret'].includes(what)) return false;
  const minions = what === 'ret' ? [textOf(data['id']) ?? ''] : idsOf(data['minions'] ?? data['tgt']);
  const fun = data['fun'];
  const funs = idsOf([fun].flat());
  const given = listOf(what === 'ret' ? data['fun_args'] : data['arg']);
  const args = typeof fun === 'string' ? [given] : given.map(listOf);
  return minions.length > 0 && minions.every((id) => maySee(person, id, house)) && mayDo(person, { funs, args, minions }, house);
}

function calledSeen(kind: 'run' | 'wheel', data: BusEvent['data'], person: Person, house: House): boolean {
  const fun = (textOf(data['fun']) ?? '').replace(/^(runner|wheel)\./, '');
  return seesAll(person) && mayAsk(person, kind === 'run' ? 'runner' : 'wheel', fun, listOf(data['fun_args']), {}, house);
}

/** Lists of minions are cut to those the person may know. */
const LISTS = ['minions', 'present', 'new', 'lost'];

function ofMinions(event: BusEvent, person: Person, house: House): BusEvent | undefined {
  const named = [event.data['id'], event.data['minion']].filter((id) => typeof id === 'string');
  if (named.length > 0) return named.every((id) => maySee(person, id, house)) ? event : undefined;
  const lists = LISTS.filter((name) => Array.isArray(event.data[name]));
  if (lists.length === 0) return seesAll(person) && event.tag.startsWith('tsalt/') ? event : undefined;
  const cut = lists.map((name) => [name, idsOf(event.data[name]).filter((id) => maySee(person, id, house))] as const);
  return cut.some(([, ids]) => ids.length > 0) ? { tag: event.tag, data: { ...event.data, ...Object.fromEntries(cut) } } : undefined;
}
