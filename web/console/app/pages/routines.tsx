import { useState } from 'preact/hooks';
import { runner, wheel } from '../data/api.ts';
import { argumentsOf } from '../data/arguments.ts';
import { useEvery } from '../data/live.ts';
import { useLoad } from '../data/load.ts';
import { may } from '../data/rights.ts';
import type { Mark, Plugin, Routine, RoutineRun, Target } from '../data/shapes.ts';
import { callOf, expressionOf, lasting } from '../data/text.ts';
import { Button, Check, Empty, Field, Head, Input, Note, Segments, Select, Show, ShowSome, Status, Time } from '../parts/basics.tsx';
import { attempt, confirm } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { Reached, TargetFields } from '../parts/target.tsx';
import { go, to } from '../shell/router.ts';
import { words } from '../words.ts';

export const mayEditRoutines = (): boolean => may('wheel', 'routine.save');

/** How a run ended, as a mark. */
export function outcomeMark(outcome: string): Mark | 'wait' {
  if (/^(ok|succeeded|success|done|fine)$/.test(outcome)) return 'ok';
  if (/^(running|started|taken|waiting)$/.test(outcome)) return 'wait';
  return /^(skipped|missed|overlap)/.test(outcome) ? 'warning' : 'error';
}

const whenOf = (routine: Routine): string =>
  routine.cron !== null && routine.cron !== ''
    ? `${routine.cron}${routine.timezone !== null && routine.timezone !== '' ? ` (${routine.timezone})` : ''}`
    : words.routines.every(lasting((routine.interval ?? 0) * 1000));

export function Routines() {
  const routines = useLoad('routines', () => runner<readonly Routine[]>('routines.list'));
  useEvery(5000, routines.reload);
  return (
    <>
      <Head title={words.routines.title} about={words.routines.about}>
        {mayEditRoutines() && <NewRoutine />}
      </Head>
      <ShowSome
        of={routines}
        empty={
          <Empty icon="routines" title={words.routines.none}>
            <p>{words.routines.noneHint}</p>
            {mayEditRoutines() && <NewRoutine />}
          </Empty>
        }
      >
        {(all) => (
          <div class="card scroll">
            <table class="table">
              <thead>
                <tr>
                  <th>{words.common.name}</th>
                  <th class="wide-only">{words.routines.does}</th>
                  <th class="wide-only">{words.routines.when}</th>
                  <th>{words.routines.next}</th>
                  <th>{words.routines.last}</th>
                </tr>
              </thead>
              <tbody>
                {all.map((routine) => (
                  <tr key={routine.name} data-routine={routine.name}>
                    <td>
                      <a href={to(`/routines/${encodeURIComponent(routine.name)}`)}>{routine.name}</a>
                      <div class="soft small">{routine.description}</div>
                    </td>
                    <td class="wide-only mono small">{doesOf(routine)}</td>
                    <td class="wide-only small">{whenOf(routine)}</td>
                    <td>{routine.enabled ? <Time at={routine.next} /> : <span class="tag">{words.routines.disabled}</span>}</td>
                    <td>
                      {routine.last === null || routine.last === undefined ? (
                        <span class="soft">{words.common.never}</span>
                      ) : (
                        <Status mark={outcomeMark(routine.last.outcome)} text={<Time at={routine.last.started ?? routine.last.slot} />} />
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

function doesOf(routine: Routine): string {
  const what = routine.kind === 'plugin' ? (routine.plugin ?? '') : callOf(routine.fun ?? '', routine.args ?? []);
  return routine.kind === 'job' || routine.kind === 'plugin' ? `${what} → ${expressionOf(routine.target)}` : what;
}

const NewRoutine = () => (
  <a class="button main" href={to('/routines/new')}>
    <Icon name="plus" />
    {words.routines.add}
  </a>
);

type Shown = Routine & { readonly upcoming?: readonly string[] };

const FRESH: Shown = {
  name: '',
  description: '',
  enabled: true,
  kind: 'job',
  fun: 'test.ping',
  target: '*',
  target_type: 'glob',
  args: [],
  kwargs: {},
  plugin: null,
  parameters: {},
  cron: '0 3 * * *',
  interval: null,
  timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  splay: 0,
  maxrunning: 1,
  catch_up: 'once',
  alerts: true,
  next: null,
  last: null,
};

export function RoutinePage({ name }: { name: string }) {
  const fresh = name === 'new';
  const routine = useLoad(name, async () => (fresh ? FRESH : await runner<Shown>('routines.show', { name })));
  const runs = useLoad(`${name} runs`, async () =>
    fresh ? [] : await runner<readonly RoutineRun[]>('routines.runs', { name, limit: 50 }),
  );
  useEvery(fresh ? undefined : 3000, runs.reload);
  const again = (): void => {
    routine.reload();
    runs.reload();
  };
  return (
    <Show of={routine}>
      {(value) => (
        <>
          <RoutineHead of={value} fresh={fresh} onDone={again} />
          <div class={fresh ? 'stack' : 'columns'}>
            {mayEditRoutines() ? (
              <Editor key={`${value.name} ${value.enabled}`} of={value} fresh={fresh} onDone={again} />
            ) : (
              <Facts of={value} />
            )}
            {!fresh && (
              <div class="stack">
                <Upcoming of={value.upcoming ?? []} enabled={value.enabled} />
                <Show of={runs}>{(rows) => <Runs of={rows} />}</Show>
              </div>
            )}
          </div>
        </>
      )}
    </Show>
  );
}

function RoutineHead({ of, fresh, onDone }: { of: Shown; fresh: boolean; onDone: () => void }) {
  const act = (fun: string, done: string): void => void attempt(() => wheel(fun, { name: of.name }), done).then(onDone);
  return (
    <Head
      crumb={<a href={to('/routines')}>{words.routines.title}</a>}
      title={fresh ? words.routines.add : of.name}
      about={fresh ? words.routines.newAbout : of.description}
    >
      {!fresh && mayEditRoutines() && (
        <>
          <Button
            kind="danger"
            onPress={() =>
              confirm({
                title: words.routines.deleteTitle(of.name),
                text: words.routines.deleteText,
                yes: words.common.delete,
                act: () => void attempt(() => wheel('routine.delete', { name: of.name })).then((done) => done && go(to('/routines'))),
              })
            }
          >
            {words.common.delete}
          </Button>
          <Button onPress={() => act(of.enabled ? 'routine.disable' : 'routine.enable', words.common.saved)}>
            {of.enabled ? words.routines.disable : words.routines.enable}
          </Button>
          <Button kind="main" icon="run" onPress={() => act('routine.run', words.routines.begun)}>
            {words.routines.runNow}
          </Button>
        </>
      )}
    </Head>
  );
}

const Facts = ({ of }: { of: Shown }) => (
  <dl class="card pad pairs">
    <dt>{words.routines.does}</dt>
    <dd class="mono">{doesOf(of)}</dd>
    <dt>{words.routines.when}</dt>
    <dd>{whenOf(of)}</dd>
  </dl>
);

const KINDS = ['job', 'plugin', 'runner', 'orchestrate'] as const;

function Editor({ of, fresh, onDone }: { of: Shown; fresh: boolean; onDone: () => void }) {
  const [name, setName] = useState(of.name);
  const [description, setDescription] = useState(of.description ?? '');
  const [kind, setKind] = useState(of.kind);
  const [fun, setFun] = useState(of.fun ?? '');
  const [line, setLine] = useState(
    callOf('', [...(of.args ?? []), ...(of.kwargs && Object.keys(of.kwargs).length > 0 ? [{ ...of.kwargs, __kwarg__: true }] : [])]).trim(),
  );
  const [plugin, setPlugin] = useState(of.plugin ?? '');
  const [parameters, setParameters] = useState(JSON.stringify(of.parameters ?? {}));
  const [target, setTarget] = useState<Target>({ kind: of.target_type ?? 'glob', expression: expressionOf(of.target ?? '*') });
  const [by, setBy] = useState(of.cron === null || of.cron === '' ? 'interval' : 'cron');
  const [cron, setCron] = useState(of.cron ?? '');
  const [interval, setEvery] = useState(String(of.interval ?? 3600));
  const [timezone, setZone] = useState(of.timezone ?? '');
  const [splay, setSplay] = useState(String(of.splay ?? 0));
  const [most, setMost] = useState(String(of.maxrunning ?? 1));
  const [catchUp, setCatchUp] = useState(of.catch_up);
  const [alerts, setAlerts] = useState(of.alerts !== false);
  const plugins = useLoad('plugins', () => runner<readonly Plugin[]>('plugins.list'));
  const targets = kind === 'job' || kind === 'plugin';
  const save = async (): Promise<void> => {
    const { args, kwargs } = argumentsOf(line);
    const given = {
      name,
      description,
      kind,
      ...(kind === 'plugin' ? { plugin, parameters: JSON.parse(parameters || '{}') as unknown } : { fun, args, kwargs }),
      ...(targets ? { target: expressionOf(target.expression), target_type: target.kind } : {}),
      ...(by === 'cron' ? { cron, timezone } : { interval: Number(interval) }),
      splay: Number(splay),
      maxrunning: Number(most),
      catch_up: catchUp,
      alerts,
    };
    if (!(await attempt(() => wheel('routine.save', given), words.common.saved))) return;
    if (fresh) go(to(`/routines/${encodeURIComponent(name)}`));
    else onDone();
  };
  return (
    <form
      class="card pad form wide"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(save);
      }}
    >
      <div class="pair">
        {fresh && (
          <Field label={words.common.name}>
            <Input value={name} onValue={setName} mono placeholder="nightly-updates" focus />
          </Field>
        )}
        <Field label={words.common.description}>
          <Input value={description} onValue={setDescription} />
        </Field>
      </div>
      <div>
        <Segments
          name={words.routines.kind}
          value={kind}
          onValue={setKind}
          choices={KINDS.map((value) => ({ value, text: words.routines.kinds[value] }))}
        />
      </div>
      {kind === 'plugin' ? (
        <div class="pair">
          <Field label={words.routines.plugin}>
            <Select
              value={plugin}
              onValue={setPlugin}
              choices={[{ value: '', text: '–' }, ...(plugins.value ?? []).map((one) => ({ value: one.name, text: one.title }))]}
            />
          </Field>
          <Field label={words.routines.parameters} hint="{}">
            <Input value={parameters} onValue={setParameters} mono />
          </Field>
        </div>
      ) : (
        <div class="pair">
          <Field label={words.run.fun}>
            <Input value={fun} onValue={setFun} mono />
          </Field>
          <Field label={words.run.args} hint={words.run.argsHint}>
            <Input value={line} onValue={setLine} mono />
          </Field>
        </div>
      )}
      {targets && (
        <>
          <TargetFields value={target} onValue={setTarget} />
          <Reached target={target} />
        </>
      )}
      <div>
        <Segments
          name={words.routines.when}
          value={by}
          onValue={setBy}
          choices={[
            { value: 'cron', text: words.routines.byCron },
            { value: 'interval', text: words.routines.byInterval },
          ]}
        />
      </div>
      {by === 'cron' ? (
        <div class="pair">
          <Field label={words.routines.cron} hint={words.routines.cronHint}>
            <Input value={cron} onValue={setCron} mono />
          </Field>
          <Field label={words.routines.timezone} hint={words.routines.timezoneHint}>
            <Input value={timezone} onValue={setZone} />
          </Field>
        </div>
      ) : (
        <Field label={words.routines.seconds}>
          <Input value={interval} onValue={setEvery} type="number" />
        </Field>
      )}
      <Foreseen times={by === 'cron' ? { cron, timezone } : { interval: Number(interval) }} />
      <details>
        <summary class="soft small">{words.routines.more}</summary>
        <div class="pair gap-above">
          <Field label={words.routines.splay} hint={words.routines.splayHint}>
            <Input value={splay} onValue={setSplay} type="number" />
          </Field>
          <Field label={words.routines.most}>
            <Input value={most} onValue={setMost} type="number" />
          </Field>
          <Field label={words.routines.catchUp}>
            <Select
              value={catchUp}
              onValue={setCatchUp}
              choices={(['skip', 'once', 'all'] as const).map((value) => ({ value, text: words.routines.catchUps[value] }))}
            />
          </Field>
          <Check on={alerts} onChange={setAlerts}>
            {words.routines.alerts}
          </Check>
        </div>
      </details>
      <div class="actions">
        <button type="submit" class="button main" disabled={name === ''}>
          {words.common.save}
        </button>
        <Button onPress={() => go(to('/routines'))}>{words.common.cancel}</Button>
      </div>
    </form>
  );
}

/** When what is written would run, or why it never would. */
function Foreseen({ times }: { times: Readonly<Record<string, string | number>> }) {
  const slots = useLoad(JSON.stringify(times), () => runner<readonly string[]>('routines.next', { ...times, count: 3 }));
  if (slots.error !== undefined) return <Note mark="warning">{slots.error.message}</Note>;
  return (
    <p class="soft small" data-foreseen={slots.value?.length ?? 0}>
      {words.routines.foreseen}{' '}
      {(slots.value ?? []).map((at) => (
        <span key={at}>
          <Time at={at} />{' '}
        </span>
      ))}
    </p>
  );
}

const Upcoming = ({ of, enabled }: { of: readonly string[]; enabled: boolean }) => (
  <section class="card pad stack tight">
    <h2>{words.routines.upcoming}</h2>
    {!enabled ? (
      <p class="soft">{words.routines.disabledHint}</p>
    ) : of.length === 0 ? (
      <p class="soft">{words.routines.noUpcoming}</p>
    ) : (
      <ol class="stack tight">
        {of.map((at) => (
          <li key={at}>
            <Time at={at} />
          </li>
        ))}
      </ol>
    )}
  </section>
);

const Runs = ({ of }: { of: readonly RoutineRun[] }) => (
  <section class="card scroll" data-runs={of.length}>
    <header>
      <h2>{words.routines.history}</h2>
    </header>
    {of.length === 0 ? (
      <Empty icon="routines" title={words.routines.noRuns} />
    ) : (
      <table class="table">
        <tbody>
          {of.map((run) => (
            <tr key={`${run.slot} ${run.started}`} data-outcome={run.outcome}>
              <td>
                <Time at={run.started ?? run.slot} />
              </td>
              <td>
                <Status mark={outcomeMark(run.outcome)} text={run.reason || run.outcome} />
              </td>
              <td class="soft">
                {run.started !== null && run.ended !== null ? lasting(Date.parse(run.ended) - Date.parse(run.started)) : ''}
              </td>
              <td>{run.jid !== null && run.jid !== undefined && <a href={to(`/jobs/${run.jid}`)}>{words.plugins.job}</a>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </section>
);
