import { useState } from 'preact/hooks';
import { runner, wheel } from '../data/api.ts';
import { useLoad } from '../data/load.ts';
import { may } from '../data/rights.ts';
import type { AlertRow, Group, MinionRow, Page, Threshold } from '../data/shapes.ts';
import { Button, Empty, Field, Head, Input, Segments, Select, Show, ShowSome, Status, Time } from '../parts/basics.tsx';
import { Charts } from '../parts/charts.tsx';
import { attempt, Dialog } from '../parts/dialog.tsx';
import { place, setQuery } from '../shell/router.ts';
import { words } from '../words.ts';
import { Channels } from './channels.tsx';

const TABS = ['charts', 'thresholds', 'alerts', 'channels'] as const;
type Tab = (typeof TABS)[number];

const mayOpen: Readonly<Record<Tab, () => boolean>> = {
  charts: () => true,
  thresholds: () => may('runner', 'thresholds.list'),
  alerts: () => may('runner', 'alerts.list'),
  channels: () => may('wheel', 'alert.save_channel'),
};

export function Monitoring() {
  const { query } = place.value;
  const tab = (query.get('tab') ?? 'charts') as Tab;
  return (
    <>
      <Head title={words.monitoring.title} about={words.monitoring.about} />
      <div class="tools">
        <Segments
          name={words.monitoring.parts}
          value={tab}
          onValue={(next) => setQuery({ tab: next === 'charts' ? '' : next })}
          choices={TABS.filter((value) => mayOpen[value]()).map((value) => ({
            value,
            text: words.monitoring.tabs[value],
          }))}
        />
      </div>
      {tab === 'charts' && <WhoseCharts />}
      {tab === 'thresholds' && <Thresholds />}
      {tab === 'alerts' && <Alerts />}
      {tab === 'channels' && <Channels />}
    </>
  );
}

function WhoseCharts() {
  const { query } = place.value;
  const group = query.get('group') ?? '';
  const minion = query.get('minion') ?? '';
  const groups = useLoad('groups', () => runner<readonly Group[]>('groups.list'));
  const first = useLoad('first', () => runner<Page<MinionRow>>('fleet.page', { state: 'online', offset: 0, limit: 50 }));
  const names = (first.value?.rows ?? []).map(({ id }) => id);
  const shown = minion || (group === '' ? names[0] : undefined);
  return (
    <>
      <div class="tools">
        <Select
          name={words.fleet.group}
          value={group}
          onValue={(value) => setQuery({ group: value, minion: '' })}
          choices={[
            { value: '', text: words.monitoring.oneMinion },
            ...(groups.value ?? []).map(({ name }) => ({ value: name, text: name })),
          ]}
        />
        {group === '' && (
          <Select
            name={words.fleet.name}
            value={shown ?? ''}
            onValue={(value) => setQuery({ minion: value })}
            choices={names.map((value) => ({ value, text: value }))}
          />
        )}
      </div>
      {first.value === undefined ? (
        <Show of={first}>{() => null}</Show>
      ) : shown === undefined && group === '' ? (
        <div class="card">
          <Empty icon="monitoring" title={words.monitoring.none}>
            <p>{words.monitoring.noneHint}</p>
          </Empty>
        </div>
      ) : (
        <Charts minion={group === '' ? shown : undefined} group={group || undefined} />
      )}
    </>
  );
}

function Thresholds() {
  const list = useLoad('thresholds', () => runner<readonly Threshold[]>('thresholds.list'));
  const [editing, setEditing] = useState<Threshold>();
  const editable = may('wheel', 'threshold.save');
  return (
    <>
      {editable && (
        <div class="tools">
          <Button kind="main" icon="plus" onPress={() => setEditing({})}>
            {words.monitoring.addThreshold}
          </Button>
        </div>
      )}
      {editing !== undefined && <ThresholdEditor onClose={() => setEditing(undefined)} onDone={list.reload} of={editing} />}
      <ShowSome
        of={list}
        empty={
          <Empty icon="monitoring" title={words.monitoring.noThresholds}>
            <p>{words.monitoring.noThresholdsHint}</p>
          </Empty>
        }
      >
        {(rows) => (
          <div class="card scroll">
            <table class="table">
              <thead>
                <tr>
                  <th>{words.common.name}</th>
                  <th>{words.monitoring.metric}</th>
                  <th>{words.status.warning}</th>
                  <th>{words.status.error}</th>
                  <th>{words.monitoring.beyond}</th>
                  <th>
                    <span class="unseen">{words.keys.actions}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.name}>
                    <td>{row.name}</td>
                    <td class="mono">{row.metric}</td>
                    <td>{limitOf(row, 'warning')}</td>
                    <td>{limitOf(row, 'error')}</td>
                    <td>{beyondOf(row)}</td>
                    <td>
                      {editable && (
                        <div class="actions end">
                          <Button small onPress={() => setEditing(row)}>
                            {words.common.edit}
                          </Button>
                          <Button
                            small
                            kind="danger"
                            onPress={() => void attempt(() => wheel('threshold.delete', { name: row.name })).then(list.reload)}
                          >
                            {words.common.delete}
                          </Button>
                        </div>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </ShowSome>
    </>
  );
}

function beyondOf(row: Threshold) {
  const beyond = (Array.isArray(row['beyond']) ? row['beyond'] : []) as readonly { minion: string; level: string }[];
  if (beyond.length === 0) return <Status mark="ok" text={words.monitoring.nobody} />;
  return (
    <Status
      mark={beyond.some(({ level }) => level === 'error') ? 'error' : 'warning'}
      text={[...new Set(beyond.map(({ minion }) => minion))].slice(0, 4).join(', ')}
    />
  );
}

const limitOf = (row: Threshold, mark: 'warning' | 'error'): string =>
  row[mark] === null || row[mark] === undefined ? '–' : `${row['direction'] === 'below' ? '<' : '>'} ${String(row[mark])}`;

function ThresholdEditor({ of, onClose, onDone }: { of: Threshold; onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState(of.name ?? '');
  const [metric, setMetric] = useState(of.metric ?? '');
  const [warning, setWarning] = useState(String(of['warning'] ?? ''));
  const [error, setError] = useState(String(of['error'] ?? ''));
  const [direction, setDirection] = useState(String(of['direction'] ?? 'above'));
  const [group, setGroup] = useState(String(of['group'] ?? ''));
  const [lasting, setLasting] = useState(String(of['for'] ?? 0));
  const save = async (): Promise<void> => {
    const number = (text: string): number | undefined => (text === '' ? undefined : Number(text));
    const given = {
      name,
      metric,
      direction,
      warning: number(warning),
      error: number(error),
      for: number(lasting),
      group: group || undefined,
    };
    if (!(await attempt(() => wheel('threshold.save', given), words.common.saved))) return;
    onClose();
    onDone();
  };
  return (
    <Dialog name={words.monitoring.addThreshold} onClose={onClose}>
      <h2>{words.monitoring.addThreshold}</h2>
      <Field label={words.common.name}>
        <Input value={name} onValue={setName} focus />
      </Field>
      <Field label={words.monitoring.metric} hint={words.monitoring.metricHint}>
        <Input value={metric} onValue={setMetric} mono />
      </Field>
      <div>
        <Segments
          name={words.monitoring.direction}
          value={direction}
          onValue={setDirection}
          choices={(['above', 'below'] as const).map((value) => ({ value, text: words.monitoring.directions[value] }))}
        />
      </div>
      <div class="pair">
        <Field label={words.monitoring.warnAbove}>
          <Input value={warning} onValue={setWarning} type="number" />
        </Field>
        <Field label={words.monitoring.errorAbove}>
          <Input value={error} onValue={setError} type="number" />
        </Field>
      </div>
      <div class="pair">
        <Field label={words.monitoring.lasting} hint={words.monitoring.lastingHint}>
          <Input value={lasting} onValue={setLasting} type="number" />
        </Field>
        <Field label={words.fleet.group} hint={words.monitoring.groupHint}>
          <Input value={group} onValue={setGroup} />
        </Field>
      </div>
      <div class="actions">
        <Button onPress={onClose}>{words.common.cancel}</Button>
        <Button kind="main" onPress={() => void save()} disabled={name === '' || metric === ''}>
          {words.common.save}
        </Button>
      </div>
    </Dialog>
  );
}

function Alerts() {
  const alerts = useLoad('alerts', () => runner<readonly AlertRow[]>('alerts.list', { limit: 200 }));
  return (
    <ShowSome
      of={alerts}
      empty={
        <Empty icon="ok" title={words.monitoring.noAlerts}>
          <p>{words.monitoring.noAlertsHint}</p>
        </Empty>
      }
    >
      {(rows) => (
        <ul class="card rows">
          {rows.map((row) => (
            <li key={`${row.at} ${row.subject}`} class="pad-row">
              <div class="actions">
                <Status mark="warning" text={<b>{row.subject}</b>} />
                <Time at={row.at} />
                <span class="tag">{row.kind}</span>
                {row.channels.length > 0 && (
                  <Status mark={row.delivered ? 'ok' : 'error'} text={words.monitoring.told(row.channels.join(', '), row.delivered)} />
                )}
              </div>
              <p>{row.message}</p>
            </li>
          ))}
        </ul>
      )}
    </ShowSome>
  );
}
