import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBus } from '../../kernel/events/bus.ts';
import { FleetBoard } from '../../master/fleet/board.ts';
import { createFleet } from '../../master/fleet/fleet.ts';
import { pageOf } from '../../master/fleet/page.ts';
import { createPresence } from '../../master/fleet/presence.ts';
import { createGroups } from '../../master/groups/groups.ts';
import { openStateStore } from '../../master/state/sqlite.ts';

/* `fleet-page.ts [MINIONS]`: how long pages of the fleet take, in ms; ten groups, grains of some 40 keys. */
const count = Number(process.argv[2] ?? '10000');
const dir = mkdtempSync(join(tmpdir(), 'tsalt-fleet-'));
const state = openStateStore(join(dir, 'state.db'));
const bus = createBus((error) => process.stderr.write(`${String(error)}\n`));
const ids = Array.from({ length: count }, (_, at) => `minion-${String(at).padStart(5, '0')}`);
const configured = {};
const groups = createGroups({ state, configured: () => configured, bus });
const known = { get: () => undefined, set: () => undefined, delete: () => undefined };
const presence = createPresence(known);
const fleet = createFleet({ acceptedIds: () => ids, state, presence, nodegroups: groups.nodegroups, cacheData: true });
const more = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`grain${at}`, `value of grain ${at}`]));
ids.forEach((id, at) => {
  fleet.learn(id, { grains: { ...more, os: at % 3 === 0 ? 'Debian' : 'Rocky', osrelease: '13', saltversion: '3008.3', rack: at % 20 } });
  if (at % 10 !== 0) presence.seen(id);
});
for (let at = 0; at < 10; at += 1)
  groups.save({ name: `g${at}`, kind: 'grain', expression: `rack:${at}`, description: '', plugins: [], watchers: [] });
state.flush();

const board = new FleetBoard({ fleet, groups, state, bus, drift: { latest: () => [] }, healthOf: () => undefined });
const query = { sort: 'id', descending: false, offset: 0, limit: 100 };
const began = performance.now();
pageOf(board, ids, query);
process.stdout.write(`the first of all: ${(performance.now() - began).toFixed(1)} ms\n`);
for (const [name, asked] of Object.entries({
  'the first': query,
  'the last, by time': { ...query, sort: 'since', descending: true, offset: count - 100 },
  'with a text in them': { ...query, search: '0012' },
  'of a group, that are there': { ...query, group: 'g3', state: 'online' },
})) {
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    pageOf(board, ids, asked);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  process.stdout.write(`${name}: ${times[3]?.toFixed(1)} ms (worst ${times[6]?.toFixed(1)})\n`);
}
await board[Symbol.asyncDispose]();
await state[Symbol.asyncDispose]();
rmSync(dir, { recursive: true, force: true });
