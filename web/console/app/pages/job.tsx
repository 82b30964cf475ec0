import { useMemo, useState } from 'preact/hooks';
import { publish, runner } from '../data/api.ts';
import { type LiveEvent, useEvery, useLive, useThrottled } from '../data/live.ts';
import { useLoad } from '../data/load.ts';
import { may } from '../data/rights.ts';
import type { JobReturns, ReturnRow } from '../data/shapes.ts';
import { bytes, callOf, counted, expressionOf, whole } from '../data/text.ts';
import { Button, Check, Empty, Head, Segments, Show, Status } from '../parts/basics.tsx';
import { attempt, confirm } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { StateDots, type StateResult, States, statesOf } from '../parts/states.tsx';
import { brief, Generic, Value } from '../parts/value.tsx';
import { go, place, setQuery, to } from '../shell/router.ts';
import { words } from '../words.ts';

/** Bytes of each return that are asked for with the list; the whole of one is asked for when a person wants it. */
const CUT = 16_384;
const STEP = 100;

type Progress = ReadonlyMap<string, readonly StateResult[]>;

/** A job while it runs and after: fills as returns arrive. */
export function Job({ jid }: { jid: string }) {
  const show = place.value.query.get('show') ?? 'all';
  const grouped = place.value.query.has('grouped');
  const [limit, setLimit] = useState(STEP);
  const job = useLoad(`${jid} ${show} ${limit}`, () =>
    runner<JobReturns>('jobs.returns', { jid, failed: show === 'failed' ? true : undefined, offset: 0, limit, max_bytes: CUT }),
  );
  const [progress, setProgress] = useState<Progress>(new Map());
  const refresh = useThrottled(job.reload, 150);
  const running = (job.value?.waiting ?? 1) > 0;
  useLive(running ? `salt/job/${jid}/*` : undefined, (event) => {
    const step = stepOf(event);
    if (step === undefined) refresh();
    else setProgress((old) => new Map(old).set(step.minion, [...(old.get(step.minion) ?? []), step.state]));
  });
  // What has no event of its own, such as a minion that is given up, is learnt by asking now and then.
  useEvery(running ? 2000 : undefined, refresh);
  return (
    <Show of={job}>
      {(value) => (
        <>
          <JobHead of={value} />
          <Bar of={value} />
          <div class="tools">
            <Segments
              name={words.job.show}
              value={show}
              onValue={(next) => setQuery({ show: next === 'all' ? '' : next })}
              choices={[
                { value: 'all', text: words.job.all(counted(value.total)) },
                { value: 'failed', text: words.job.failedOnly(counted(value.failed)) },
              ]}
            />
            <Check on={grouped} onChange={(on) => setQuery({ grouped: on ? '1' : '' })}>
              {words.job.grouped}
            </Check>
          </div>
          <Returns of={value} progress={progress} grouped={grouped} failedOnly={show === 'failed'} />
          {value.rows.length === limit && limit < value.total && (
            <div class="actions">
              <Button onPress={() => setLimit(limit + 4 * STEP)}>{words.job.more}</Button>
              <span class="soft small">{words.job.shown(counted(value.rows.length), counted(value.total))}</span>
            </div>
          )}
        </>
      )}
    </Show>
  );
}

/** The event that a minion sends after each state. */
function stepOf({ tag, data }: LiveEvent): { minion: string; state: StateResult } | undefined {
  const parts = tag.split('/');
  if (parts[3] !== 'prog' || typeof data !== 'object' || data === null) return undefined;
  const told = data as { id?: unknown; data?: unknown };
  const inner = (typeof told.data === 'object' && told.data !== null ? told.data : data) as Record<string, unknown>;
  const ret = (typeof inner['ret'] === 'object' && inner['ret'] !== null ? inner['ret'] : inner) as Record<string, unknown>;
  const result = ret['result'];
  return {
    minion: parts[4] ?? String(told.id ?? ''),
    state: {
      id: String(ret['__id__'] ?? ret['name'] ?? ''),
      name: '',
      result: result === true || result === false ? result : null,
      comment: '',
      changes: ret['changes'],
      duration: undefined,
      order: 0,
    },
  };
}

function JobHead({ of }: { of: JobReturns }) {
  const args = of.args ?? [];
  const name = callOf(of.fun, args);
  const [fun] = Array.isArray(of.fun) ? of.fun : [of.fun];
  const again = (target: { kind: string; expression: string | readonly string[] }): void => {
    const last = args.at(-1);
    const named = typeof last === 'object' && last !== null && '__kwarg__' in last ? (last as Record<string, unknown>) : undefined;
    const { __kwarg__: _mark, ...kwargs } = named ?? {};
    const positional = named === undefined ? args : args.slice(0, -1);
    void attempt(async () => {
      const { jid } = await publish(target, fun, positional, kwargs);
      if (jid !== null) go(to(`/jobs/${jid}`));
    });
  };
  const onFailed = async (): Promise<void> => {
    const all = await runner<JobReturns>('jobs.returns', { jid: of.jid, failed: true, offset: 0, limit: 10_000, max_bytes: 0 });
    again({ kind: 'list', expression: all.rows.map(({ minion }) => minion) });
  };
  const single = !Array.isArray(of.fun) && may('run', fun);
  return (
    <Head
      crumb={<a href={to('/jobs')}>{words.jobs.title}</a>}
      title={<span class="mono">{name}</span>}
      about={
        <>
          {words.job.about(expressionOf(of.target), of.target_type, of.user)} <time dateTime={of.start}>{whole(of.start)}</time> ·{' '}
          <span class="mono">{of.jid}</span>
        </>
      }
    >
      {of.waiting > 0 && may('runner', 'jobs.cancel') && (
        <Button
          kind="danger"
          icon="stop"
          onPress={() =>
            confirm({
              title: words.job.cancel,
              text: words.job.cancelText(counted(of.waiting)),
              yes: words.job.cancel,
              act: () => void attempt(() => runner('jobs.cancel', { jid: of.jid }), words.job.cancelled),
            })
          }
        >
          {words.job.cancel}
        </Button>
      )}
      {single && of.waiting === 0 && of.failed > 0 && (
        <Button icon="again" onPress={() => void attempt(onFailed)}>
          {words.job.againFailed}
        </Button>
      )}
      {single && of.waiting === 0 && (
        <Button icon="again" onPress={() => again({ kind: of.target_type, expression: of.target as string | readonly string[] })}>
          {words.job.again}
        </Button>
      )}
    </Head>
  );
}

function Bar({ of }: { of: JobReturns }) {
  const good = Math.max(0, of.done - of.failed);
  const part = (n: number): { width: string } => ({ width: `${of.total === 0 ? 0 : (100 * n) / of.total}%` });
  return (
    <section class="card pad stack tight" data-job={of.waiting === 0 ? 'done' : 'running'}>
      <div
        class="bar"
        role="progressbar"
        aria-label={words.job.progress}
        aria-valuenow={of.total - of.waiting}
        aria-valuemax={of.total}
        aria-valuemin={0}
      >
        <i class="good" style={part(good)} />
        <i class="bad" style={part(of.failed)} />
      </div>
      <div class="actions" data-counts={`${of.total}/${of.done}/${of.failed}/${of.waiting}`}>
        <Status mark="ok" text={words.job.good(counted(good))} />
        <Status mark={of.failed > 0 ? 'error' : null} text={words.job.failed(counted(of.failed))} />
        <Status mark={of.waiting > 0 ? 'wait' : null} text={words.job.waiting(counted(of.waiting))} />
        <span class="soft">{words.job.total(counted(of.total))}</span>
      </div>
    </section>
  );
}

interface ReturnsProps {
  readonly of: JobReturns;
  readonly progress: Progress;
  readonly grouped: boolean;
  readonly failedOnly: boolean;
}

function Returns({ of, progress, grouped, failedOnly }: ReturnsProps) {
  const sets = useMemo(() => (grouped ? equalSets(of.rows) : undefined), [grouped, of.rows]);
  if (of.rows.length === 0) {
    const [title, text] = failedOnly ? [words.job.noFailures, ''] : [words.job.nothing, words.job.nothingHint];
    return (
      <div class="card">
        <Empty icon={failedOnly ? 'ok' : 'wait'} title={title}>
          <p>{text}</p>
        </Empty>
      </div>
    );
  }
  return (
    <ul class="card returns">
      {sets === undefined
        ? of.rows.map((row) => <Return key={row.minion} row={row} jid={of.jid} steps={progress.get(row.minion)} alone={of.total === 1} />)
        : sets.map((rows) => <Return key={rows[0].minion} row={rows[0]} jid={of.jid} steps={undefined} same={rows} alone={false} />)}
    </ul>
  );
}

type Set1 = readonly [ReturnRow, ...ReturnRow[]];

/** Rows that say the same, the largest set first. */
function equalSets(rows: readonly ReturnRow[]): readonly Set1[] {
  const sets = new Map<string, [ReturnRow, ...ReturnRow[]]>();
  for (const row of rows) {
    const key = JSON.stringify([row.state, row.success, row.return, row.reason]);
    const set = sets.get(key);
    if (set === undefined) sets.set(key, [row]);
    else set.push(row);
  }
  return [...sets.values()].sort((a, b) => b.length - a.length);
}

interface ReturnProps {
  readonly row: ReturnRow;
  readonly jid: string;
  readonly steps: readonly StateResult[] | undefined;
  /** All rows that say the same as this one. */
  readonly same?: readonly ReturnRow[];
  readonly alone: boolean;
}

const PENDING = new Set(['sent', 'received', 'running', 'waiting']);

function Return({ row, jid, steps, same, alone }: ReturnProps) {
  const [whole, setWhole] = useState<unknown>();
  const value = whole === undefined ? row.return : whole;
  const states = statesOf(value);
  const pending = row.success === null && PENDING.has(row.state);
  const mark = pending ? 'wait' : row.success === true ? 'ok' : 'error';
  const dots = states ?? steps;
  const askWhole = (): void =>
    void attempt(async () => {
      const { rows } = await runner<JobReturns>('jobs.returns', {
        jid,
        minion: row.minion,
        offset: 0,
        limit: 1,
        max_bytes: 64 * 1024 * 1024,
      });
      setWhole(rows[0]?.return);
    });
  return (
    <li data-minion={row.minion} data-state={row.state} data-mark={mark}>
      <details open={alone || (row.success === false && same === undefined)}>
        <summary>
          <Status mark={mark} text={<b>{same === undefined || same.length === 1 ? row.minion : words.job.same(same.length)}</b>} />
          {dots === undefined ? (
            <span class="cut soft mono small once">
              {row.reason ?? (pending ? (words.job.pending[row.state as keyof typeof words.job.pending] ?? row.state) : brief(value))}
            </span>
          ) : (
            <StateDots states={dots} />
          )}
        </summary>
        <div class="stack tight body">
          {same !== undefined && same.length > 1 && <p class="small soft">{same.map(({ minion }) => minion).join(', ')}</p>}
          {row.reason !== null && row.reason !== undefined && (
            <p class={mark === 'error' ? 'error' : 'soft'}>
              <Icon name={mark === 'error' ? 'error' : 'info'} size={14} /> {row.reason}
            </p>
          )}
          {states !== undefined ? (
            <States of={states} />
          ) : value === undefined ? null : typeof value === 'object' ? (
            <Generic of={value} />
          ) : (
            <div class="value output">
              <Value of={value} />
            </div>
          )}
          {row.truncated !== null && row.truncated !== undefined && whole === undefined && (
            <div class="actions">
              <span class="soft small">{words.job.cut(bytes(row.truncated))}</span>
              <Button small onPress={askWhole}>
                {words.job.wholeReturn}
              </Button>
            </div>
          )}
          {row.retcode !== null && row.retcode !== 0 && <p class="small soft">{words.job.retcode(row.retcode)}</p>}
        </div>
      </details>
    </li>
  );
}
