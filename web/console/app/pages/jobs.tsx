import { useState } from 'preact/hooks';
import { runner } from '../data/api.ts';
import { useEvery, useLive, useThrottled } from '../data/live.ts';
import { useLoad } from '../data/load.ts';
import type { JobRow } from '../data/shapes.ts';
import { callOf, counted, expressionOf } from '../data/text.ts';
import { Button, Check, Empty, Find, Head, Input, Segments, Show, Status, Time } from '../parts/basics.tsx';
import { place, setQuery, to } from '../shell/router.ts';
import { words } from '../words.ts';

interface JobsPage {
  readonly rows: readonly JobRow[];
  readonly next: string | null;
}

const LIMIT = 50;

export function Jobs() {
  const { query } = place.value;
  const at = (name: string): string | undefined => query.get(name) ?? undefined;
  const outcome = at('outcome') ?? 'all';
  const noise = query.has('noise');
  // The ids after which the pages before this one began, to go back.
  const [before, setBefore] = useState<readonly string[]>([]);
  const after = before.at(-1);
  const filter = {
    search: at('q'),
    user: at('user'),
    minion: at('minion'),
    outcome: outcome === 'all' ? undefined : outcome,
    since: at('since'),
    noise: noise || undefined,
  };
  const page = useLoad(JSON.stringify({ filter, after }), () => runner<JobsPage>('jobs.page', { ...filter, after, limit: LIMIT }));
  const refresh = useThrottled(page.reload, 1000);
  useLive(after === undefined ? 'salt/job/*/new,salt/job/*/ret/*' : undefined, refresh);
  useEvery(after === undefined ? 10_000 : undefined, refresh);
  const change = (changes: Record<string, string>): void => {
    setBefore([]);
    setQuery(changes);
  };
  return (
    <>
      <Head title={words.jobs.title} about={words.jobs.about} />
      <div class="tools">
        <Find value={at('q') ?? ''} onValue={(q) => change({ q })} placeholder={words.jobs.search} />
        <Segments
          name={words.jobs.outcome}
          value={outcome}
          onValue={(value) => change({ outcome: value === 'all' ? '' : value })}
          choices={(['all', 'failed', 'running'] as const).map((value) => ({ value, text: words.jobs.outcomes[value] }))}
        />
        <Input value={at('user') ?? ''} onValue={(user) => change({ user })} placeholder={words.jobs.user} name={words.jobs.user} />
        <Input
          value={at('minion') ?? ''}
          onValue={(minion) => change({ minion })}
          placeholder={words.jobs.minion}
          name={words.jobs.minion}
        />
        <Check on={noise} onChange={(on) => change({ noise: on ? '1' : '' })}>
          {words.jobs.noise}
        </Check>
      </div>
      <Show of={page}>
        {({ rows, next }) => (
          <>
            <JobTable rows={rows} empty={words.jobs.noneHint} />
            <div class="tools">
              {before.length > 0 && <Button onPress={() => setBefore(before.slice(0, -1))}>{words.jobs.newer}</Button>}
              {next !== null && <Button onPress={() => setBefore([...before, next])}>{words.jobs.older}</Button>}
            </div>
          </>
        )}
      </Show>
    </>
  );
}

/** Jobs, newest first. */
export const JobTable = ({ rows, empty, brief = false }: { rows: readonly JobRow[]; empty: string; brief?: boolean }) =>
  rows.length === 0 ? (
    <div class="card">
      <Empty icon="jobs" title={words.jobs.none}>
        <p>{empty}</p>
      </Empty>
    </div>
  ) : (
    <div class="card scroll gap-below">
      <table class="table">
        <thead>
          <tr>
            <th>{words.jobs.call}</th>
            <th>{words.jobs.result}</th>
            {!brief && <th class="wide-only">{words.jobs.target}</th>}
            {!brief && <th class="wide-only">{words.jobs.user}</th>}
            <th>{words.jobs.start}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((job) => (
            <tr key={job.jid}>
              <td class="long">
                <a href={to(`/jobs/${job.jid}`)} class="mono">
                  {callOf(job.fun, job.args).slice(0, 140)}
                </a>
              </td>
              <td>
                <Outcome of={job} />
              </td>
              {!brief && <td class="wide-only long mono">{expressionOf(job.target).slice(0, 60)}</td>}
              {!brief && <td class="wide-only">{job.user}</td>}
              <td>
                <Time at={job.start ?? job.time} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );

function Outcome({ of }: { of: JobRow }) {
  if (of.expected === undefined) return <Status mark={of.success === false ? 'error' : 'ok'} />;
  if (of.running) return <Status mark="wait" text={words.jobs.running(counted(of.returned), counted(of.expected))} />;
  const bad = of.failed + of.lost;
  return bad > 0 ? (
    <Status mark="error" text={words.jobs.bad(counted(bad), counted(of.expected))} />
  ) : (
    <Status mark="ok" text={words.jobs.good(counted(of.returned))} />
  );
}
