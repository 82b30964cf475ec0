import { runner } from '../data/api.ts';
import { useEvery, useLive, useThrottled } from '../data/live.ts';
import { useLoad } from '../data/load.ts';
import { may } from '../data/rights.ts';
import type { FleetSummary, Group, MinionRow, Page } from '../data/shapes.ts';
import { counted } from '../data/text.ts';
import { Empty, Failure, Find, Head, Presence, Select, Status, Tags, Time } from '../parts/basics.tsx';
import { Icon, type IconName } from '../parts/icon.tsx';
import { Rows, usePaged } from '../parts/rows.tsx';
import { place, setQuery, to } from '../shell/router.ts';
import { words } from '../words.ts';

const COLUMNS = 'minmax(180px, 2fr) 104px minmax(120px, 1.4fr) minmax(110px, 1fr) minmax(130px, 1.2fr) 84px';
type Sort = 'id' | 'state' | 'status' | 'drift' | 'since';

/** The fleet: how it is, and every minion of it. Never asks minions. */
export function Fleet() {
  const query = place.value.query;
  const at = (name: string): string => query.get(name) ?? '';
  const sort = (query.get('sort') ?? 'id') as Sort;
  const descending = query.has('desc');
  const summary = useLoad('summary', () => runner<FleetSummary>('fleet.summary'));
  const groups = useLoad('groups', () => runner<readonly Group[]>('groups.list'));
  const filter = { search: at('q') || undefined, state: at('state') || undefined, group: at('group') || undefined };
  const rows = usePaged<MinionRow>(JSON.stringify({ filter, sort, descending }), (offset, limit) =>
    runner<Page<MinionRow>>('fleet.page', { ...filter, sort, descending, offset, limit }),
  );
  const refresh = useThrottled(() => {
    summary.reload();
    rows.reload();
  }, 2000);
  useLive('salt/minion/*,salt/presence/*,salt/auth,salt/key', refresh);
  useEvery(15_000, refresh);
  const order = (name: Sort, text: string) => (
    <button type="button" onClick={() => setQuery({ sort: name, desc: sort === name && !descending ? '1' : undefined })}>
      {text} {sort === name && <Icon name={descending ? 'down' : 'up'} size={12} />}
    </button>
  );
  return (
    <>
      <Head title={words.fleet.title} about={words.fleet.about}>
        {may('wheel', 'enrol.line') && (
          <a class="button" href={to('/keys')}>
            <Icon name="plus" />
            {words.keys.add}
          </a>
        )}
        {may('run', 'test.ping') && (
          <a class="button main" href={to('/run')}>
            <Icon name="run" />
            {words.run.go}
          </a>
        )}
      </Head>
      {summary.error !== undefined && <Failure error={summary.error} again={summary.reload} />}
      <Counters of={summary.value} now={at('state')} />
      <div class="tools">
        <Find value={at('q')} onValue={(q) => setQuery({ q })} placeholder={words.fleet.search} />
        <Select
          name={words.fleet.group}
          value={at('group')}
          onValue={(group) => setQuery({ group })}
          choices={[{ value: '', text: words.fleet.allGroups }, ...(groups.value ?? []).map(({ name }) => ({ value: name, text: name }))]}
        />
        {rows.total !== undefined && <span class="soft small">{words.fleet.shown(counted(rows.total), rows.total)}</span>}
      </div>
      <Rows
        of={rows}
        columns={COLUMNS}
        href={(row) => to(`/minion/${encodeURIComponent(row.id)}`)}
        head={
          <>
            {order('id', words.fleet.name)}
            {order('state', words.fleet.state)}
            {order('status', words.fleet.status)}
            <span>{words.fleet.groups}</span>
            <span>{words.fleet.lastJob}</span>
            {order('drift', words.fleet.drift)}
          </>
        }
        empty={<NoMinions filtered={Object.values(filter).some((value) => value !== undefined)} />}
        cells={Cells}
      />
    </>
  );
}

const Cells = (row: MinionRow) => (
  <>
    <span>
      <b class="cut">{row.id}</b>
      <div class="soft small cut">{[row.os, row.osrelease].filter(Boolean).join(' ') || words.fleet.unseen}</div>
    </span>
    <Presence state={row.state} />
    <span class="wide-only cut">
      <Status mark={row.status} text={row.status_message ?? undefined} />
    </span>
    <span class="wide-only">
      <Tags of={row.groups} />
    </span>
    <span class="wide-only small">
      {row.last_job === null ? (
        <span class="soft">{words.common.never}</span>
      ) : (
        <>
          <div class="cut">
            <span class={row.last_job.success ? 'ok' : 'error'}>
              <Icon name={row.last_job.success ? 'ok' : 'error'} size={12} />
            </span>{' '}
            {row.last_job.fun}
          </div>
          <span class="soft">
            <Time at={row.last_job.time} />
          </span>
        </>
      )}
    </span>
    <span class="wide-only">{row.drift === null ? <span class="soft">–</span> : row.drift}</span>
  </>
);

/** Each counter filters the list. */
const COUNTERS: readonly (readonly [keyof FleetSummary, IconName, string])[] = [
  ['total', 'fleet', 'none'],
  ['online', 'online', 'ok'],
  ['offline', 'close', 'none'],
  ['failing', 'error', 'error'],
  ['warning', 'warning', 'warning'],
  ['drifting', 'states', 'warning'],
  ['keys_waiting', 'keys', 'none'],
];

const Counters = ({ of, now }: { of: FleetSummary | undefined; now: string }) => (
  <div class="counters">
    {COUNTERS.map(([key, icon, colour]) => {
      const n = of?.[key];
      const inner = (
        <>
          <b data-counter={key}>{n === undefined ? '–' : counted(n)}</b>
          <span class={n === undefined || n === 0 ? '' : colour}>
            <Icon name={icon} size={14} /> {words.fleet.counters[key as keyof typeof words.fleet.counters]}
          </span>
        </>
      );
      if (key === 'keys_waiting')
        return (
          <a key={key} class={`counter ${n === 0 ? 'zero' : ''}`} href={to('/keys')}>
            {inner}
          </a>
        );
      const value = key === 'total' ? '' : key;
      return (
        <button
          key={key}
          type="button"
          class={`counter ${n === 0 ? 'zero' : ''}`}
          aria-pressed={now === value}
          onClick={() => setQuery({ state: value === now ? '' : value })}
        >
          {inner}
        </button>
      );
    })}
  </div>
);

const NoMinions = ({ filtered }: { filtered: boolean }) =>
  filtered ? (
    <Empty icon="search" title={words.fleet.nothingFound}>
      <p>{words.fleet.nothingFoundHint}</p>
    </Empty>
  ) : (
    <Empty icon="fleet" title={words.fleet.none}>
      <p>{words.fleet.noneHint}</p>
      <a class="button main" href={to('/keys')}>
        <Icon name="plus" />
        {words.keys.add}
      </a>
    </Empty>
  );
