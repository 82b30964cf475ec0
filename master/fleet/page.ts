import type { FleetBoard, FleetRow } from './board.ts';

/** What a list of minions is asked for; absent fields leave nothing out. */
export interface FleetQuery {
  /** A part of the id, system, version or group, in any case. */
  readonly search?: string | undefined;
  readonly state?: string | undefined;
  readonly group?: string | undefined;
  readonly status?: string | undefined;
  readonly sort: string;
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
}

export interface FleetPage {
  /** Of those that fit. */
  readonly total: number;
  readonly rows: readonly FleetRow[];
}

/** What rows can be sorted by. */
export const SORTABLE = ['id', 'state', 'since', 'os', 'osrelease', 'version', 'status', 'last_job', 'drift'] as const;

const STATES = ['online', 'offline', 'unknown', 'never'];
const HEALTH = ['error', 'warning', 'ok'];

/** @param ids sorted */
export function pageOf(board: FleetBoard, ids: readonly string[], query: FleetQuery): FleetPage {
  return isPlain(query) ? plainPage(board, ids, query) : wholePage(board, ids, query);
}

const isPlain = ({ search, group, status, sort }: FleetQuery): boolean =>
  sort === 'id' && (search ?? '').trim() === '' && group === undefined && status === undefined;

/** What is asked for first, also before anything is known of most minions: only the rows that are shown are made. */
function plainPage(board: FleetBoard, ids: readonly string[], { state, descending, offset, limit }: FleetQuery): FleetPage {
  const all = state === undefined ? [...ids] : ids.filter((id) => board.brief(id).state === state);
  if (descending) all.reverse();
  return { total: all.length, rows: all.slice(offset, offset + limit).map((id) => board.row(id)) };
}

function wholePage(board: FleetBoard, ids: readonly string[], query: FleetQuery): FleetPage {
  const rows = ids.map((id) => board.row(id)).filter(fits(query));
  const key = keyOf(query.sort);
  const sign = query.descending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  keyed.sort((a, b) => sign * compare(a.key, b.key) || compare(a.row.id, b.row.id));
  return { total: rows.length, rows: keyed.slice(query.offset, query.offset + query.limit).map(({ row }) => row) };
}

function fits({ search, state, group, status }: FleetQuery): (row: FleetRow) => boolean {
  const part = search?.trim().toLowerCase() ?? '';
  const holds = (text: string | null): boolean => text?.toLowerCase().includes(part) ?? false;
  return (row) =>
    (state === undefined || row.state === state) &&
    (status === undefined || row.status === status) &&
    (group === undefined || row.groups.includes(group)) &&
    (part === '' || holds(row.id) || holds(row.os) || holds(row.osrelease) || holds(row.version) || row.groups.some(holds));
}

function keyOf(sort: string): (row: FleetRow) => string | number {
  if (sort === 'state') return (row) => STATES.indexOf(row.state);
  if (sort === 'status') return (row) => (row.status === null ? HEALTH.length : HEALTH.indexOf(row.status));
  if (sort === 'last_job') return (row) => row.last_job?.time ?? '';
  if (sort === 'drift') return (row) => row.drift ?? -1;
  if (sort === 'since' || sort === 'os' || sort === 'osrelease' || sort === 'version') return (row) => row[sort] ?? '';
  return (row) => row.id;
}

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);
