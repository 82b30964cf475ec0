import { useState } from 'preact/hooks';
import { runner } from '../data/api.ts';
import { useEvery, useLive, useThrottled } from '../data/live.ts';
import { useLoad } from '../data/load.ts';
import { may } from '../data/rights.ts';
import type { DriftScore, Minion as MinionShape } from '../data/shapes.ts';
import { Empty, Find, Head, markOf, Presence, Segments, Show, ShowSome, Status, Tags, Time } from '../parts/basics.tsx';
import { Charts } from '../parts/charts.tsx';
import { Icon } from '../parts/icon.tsx';
import { Value } from '../parts/value.tsx';
import { place, setQuery, to } from '../shell/router.ts';
import { words } from '../words.ts';
import { JobTable } from './jobs.tsx';
import { Score } from './states.tsx';

const TABS = ['overview', 'charts', 'plugins', 'jobs', 'grains', 'pillar', 'drift'] as const;
type Tab = (typeof TABS)[number];

/** One minion, by the master's knowledge of it. */
export function Minion({ id }: { id: string }) {
  const tab = (place.value.query.get('tab') ?? 'overview') as Tab;
  const minion = useLoad(id, () => runner<MinionShape>('fleet.minion', { id }));
  const refresh = useThrottled(minion.reload, 2000);
  useLive(`salt/job/*/ret/${id},salt/minion/${id}/*,salt/presence/*`, refresh);
  useEvery(15_000, refresh);
  return (
    <Show of={minion}>
      {(value) => (
        <>
          <MinionHead of={value} />
          <div class="tools">
            <Segments
              name={words.minion.parts}
              value={tab}
              onValue={(next) => setQuery({ tab: next === 'overview' ? '' : next })}
              choices={TABS.map((name) => ({ value: name, text: words.minion.tabs[name] }))}
            />
          </div>
          <Part of={value} tab={tab} />
        </>
      )}
    </Show>
  );
}

const MinionHead = ({ of }: { of: MinionShape }) => (
  <Head
    crumb={<a href={to('/')}>{words.fleet.title}</a>}
    title={of.id}
    about={
      <>
        <Presence state={of.state} />
        {of.since !== null && (
          <>
            {' '}
            {words.minion.since} <Time at={of.since} />
          </>
        )}{' '}
        · {[of.os, of.osrelease].filter(Boolean).join(' ') || words.fleet.unseen}
      </>
    }
  >
    {may('run', 'state.apply') && (
      <a class="button" href={to('/run', { kind: 'list', tgt: of.id, fun: 'state.apply', dry: '1' })}>
        <Icon name="states" />
        {words.minion.dry}
      </a>
    )}
    {may('run', 'test.ping') && (
      <a class="button main" href={to('/run', { kind: 'list', tgt: of.id })}>
        <Icon name="run" />
        {words.run.go}
      </a>
    )}
  </Head>
);

function Part({ of, tab }: { of: MinionShape; tab: Tab }) {
  switch (tab) {
    case 'charts':
      return <Charts minion={of.id} />;
    case 'plugins':
      return <Plugins of={of} />;
    case 'jobs':
      return <JobTable rows={of.jobs} empty={words.minion.noJobs} />;
    case 'grains':
      return <Tree of={of.grains} search={words.minion.searchGrains} />;
    case 'pillar':
      return <Pillar id={of.id} />;
    case 'drift':
      return <Drift id={of.id} />;
    default:
      return <Overview of={of} />;
  }
}

const FACTS = ['osfinger', 'kernelrelease', 'cpuarch', 'num_cpus', 'mem_total', 'virtual', 'fqdn', 'saltversion'] as const;

const Overview = ({ of }: { of: MinionShape }) => (
  <div class="columns">
    <section class="card pad stack tight">
      <h2>{words.minion.facts}</h2>
      <dl class="pairs">
        <dt>{words.minion.status}</dt>
        <dd>
          <Status mark={of.status} text={of.status_message ?? undefined} />
        </dd>
        <dt>{words.minion.groups}</dt>
        <dd>{of.groups.length === 0 ? <span class="soft">–</span> : <Tags of={of.groups} />}</dd>
        <dt>{words.minion.version}</dt>
        <dd>{of.version ?? '–'}</dd>
        {FACTS.filter((name) => of.grains[name] !== undefined).flatMap((name) => [
          <dt key={name}>{words.minion.grains[name]}</dt>,
          <dd key={`${name} value`}>{String(of.grains[name])}</dd>,
        ])}
        <dt>{words.minion.addresses}</dt>
        <dd>{Array.isArray(of.grains['ipv4']) ? of.grains['ipv4'].join(', ') : '–'}</dd>
        <dt>{words.minion.finger}</dt>
        <dd class="mono small">{of.key_finger ?? '–'}</dd>
      </dl>
    </section>
    <div class="stack">
      <Plugins of={of} />
      <JobTable brief rows={of.jobs.slice(0, 8)} empty={words.minion.noJobs} />
    </div>
  </div>
);

const Plugins = ({ of }: { of: MinionShape }) =>
  of.plugins.length === 0 ? (
    <div class="card">
      <Empty icon="plugins" title={words.minion.noPlugins}>
        <a href={to('/plugins')}>{words.plugins.title}</a>
      </Empty>
    </div>
  ) : (
    <section class="card scroll">
      <table class="table">
        <tbody>
          {of.plugins.map((one) => (
            <tr key={one.plugin}>
              <td>
                <a href={to(`/plugins/${encodeURIComponent(one.plugin)}`)}>{one.plugin}</a>
              </td>
              <td>
                <Status mark={markOf(one.status)} text={one.message ?? one.status} />
              </td>
              <td>
                <Time at={one.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );

function Tree({ of, search }: { of: Readonly<Record<string, unknown>>; search: string }) {
  const [text, setText] = useState('');
  const found = Object.entries(of)
    .filter(([name, value]) => name.includes(text) || JSON.stringify(value)?.includes(text))
    .sort(([a], [b]) => a.localeCompare(b));
  return (
    <>
      <div class="tools">
        <Find value={text} onValue={setText} placeholder={search} />
      </div>
      <div class="card pad value">
        {found.length === 0 ? <span class="soft">{words.minion.nothing}</span> : <Value of={Object.fromEntries(found)} />}
      </div>
    </>
  );
}

function Pillar({ id }: { id: string }) {
  const pillar = useLoad(id, () => runner<Readonly<Record<string, unknown>>>('fleet.pillar', { id }));
  return (
    <Show of={pillar}>
      {(value) => (
        <>
          <p class="soft small gap-below">{words.minion.masked}</p>
          <Tree of={value} search={words.minion.searchPillar} />
        </>
      )}
    </Show>
  );
}

function Drift({ id }: { id: string }) {
  const history = useLoad(id, () => runner<readonly DriftScore[]>('drift.history', { minion: id, limit: 50 }));
  return (
    <ShowSome
      of={history}
      empty={
        <Empty icon="states" title={words.states.noDrift}>
          <p>{words.states.noDriftHint}</p>
        </Empty>
      }
    >
      {(runs) => (
        <div class="card scroll">
          <table class="table">
            <tbody>
              {runs.map((run) => (
                <tr key={run.jid}>
                  <td>
                    <a href={to(`/jobs/${run.jid}`)}>
                      <Time at={run.time} />
                    </a>
                  </td>
                  <td>{run.name}</td>
                  <td>
                    <Score of={run} />
                  </td>
                  <td class="long mono small wide-only">{[...run.failing, ...run.drifting].join(', ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </ShowSome>
  );
}
