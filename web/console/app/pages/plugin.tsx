import { useState } from 'preact/hooks';
import { runner, wheel } from '../data/api.ts';
import { useLive, useThrottled } from '../data/live.ts';
import { useLoad } from '../data/load.ts';
import { may } from '../data/rights.ts';
import type { JobReturns, Plugin, PluginStatus, ReturnRow, Target } from '../data/shapes.ts';
import { Button, Empty, Failure, Head, markOf, Segments, Show, Status, Time } from '../parts/basics.tsx';
import { attempt } from '../parts/dialog.tsx';
import { defaultsOf, FormFields, given, type Values, wrongIn } from '../parts/form.tsx';
import { Result } from '../parts/result.tsx';
import { flat, Reached, TargetFields, useSettled } from '../parts/target.tsx';
import { go, place, setQuery, to } from '../shell/router.ts';
import { words } from '../words.ts';
import { PluginMarks } from './plugins.tsx';

type Tab = 'run' | 'status' | 'settings';

export function PluginPage({ name }: { name: string }) {
  const tab = (place.value.query.get('tab') ?? 'run') as Tab;
  const plugin = useLoad(name, () => runner<Plugin>('plugins.show', { name }));
  const tabs: readonly Tab[] = may('wheel', 'plugin.configure') ? ['run', 'status', 'settings'] : ['run', 'status'];
  return (
    <Show of={plugin}>
      {(value) => (
        <>
          <Head crumb={<a href={to('/plugins')}>{words.plugins.title}</a>} title={value.title} about={value.description}>
            <PluginMarks of={value} />
          </Head>
          <div class="tools">
            <Segments
              name={words.plugins.parts}
              value={tab}
              onValue={(next) => setQuery({ tab: next === 'run' ? '' : next, jid: '' })}
              choices={tabs.map((one) => ({ value: one, text: words.plugins.tabs[one] }))}
            />
          </div>
          {tab === 'run' && <RunPlugin of={value} />}
          {tab === 'status' && <StatusTable name={name} />}
          {tab === 'settings' && <Settings of={value} onDone={plugin.reload} />}
        </>
      )}
    </Show>
  );
}

function RunPlugin({ of }: { of: Plugin }) {
  const { query } = place.value;
  const jid = query.get('jid');
  const fields = of.form;
  const [target, setTarget] = useState<Target>({ kind: query.get('kind') ?? 'glob', expression: query.get('tgt') ?? '*' });
  const [values, setValues] = useState<Values>(defaultsOf(fields));
  const [shown, setShown] = useState(false);
  const [error, setError] = useState<Error>();
  const settled = useSettled(target, 400);
  const submit = async (): Promise<void> => {
    setShown(true);
    setError(undefined);
    if (Object.keys(wrongIn(fields, values)).length > 0) return;
    try {
      const { jid } = await runner<{ jid: string | null }>(of.changes ? 'plugins.run' : 'plugins.check', {
        name: of.name,
        ...flat(target),
        ...given(fields, values),
        wait: false,
      });
      if (jid === null) setError(new Error(words.run.nobody));
      else setQuery({ jid });
    } catch (why) {
      setError(why as Error);
    }
  };
  return (
    <div class="stack">
      <form
        class="card pad stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TargetFields value={target} onValue={setTarget} />
        <Reached target={target} />
        {fields.length > 0 && (
          <FormFields
            plugin={of.name}
            fields={fields}
            values={values}
            onValues={setValues}
            target={settled}
            wrong={shown ? wrongIn(fields, values) : {}}
          />
        )}
        {error !== undefined && <Failure error={error} />}
        <div class="actions">
          <button type="submit" class="button main" disabled={of.mode === 'disabled'}>
            {words.run.go}
          </button>
          <Button onPress={() => go(to('/plugins'))}>{words.common.cancel}</Button>
        </div>
      </form>
      {jid !== null && jid !== '' && <Results key={jid} jid={jid} />}
    </div>
  );
}

/** What each minion returns to this run, as it arrives. */
function Results({ jid }: { jid: string }) {
  const job = useLoad(jid, () => runner<JobReturns>('jobs.returns', { jid, offset: 0, limit: 100, max_bytes: 0 }));
  const refresh = useThrottled(job.reload, 300);
  const waiting = (job.value?.waiting ?? 1) > 0;
  useLive(waiting ? `salt/job/${jid}/*` : undefined, refresh);
  return (
    <Show of={job}>
      {({ rows, waiting: n }) => (
        <section class="stack" data-job={n === 0 ? 'done' : 'running'}>
          <div class="actions">
            <h2>{words.plugins.results}</h2>
            {n > 0 && <Status mark="wait" text={words.job.waiting(String(n))} />}
            <a href={to(`/jobs/${jid}`)} class="small">
              {words.plugins.job}
            </a>
          </div>
          {rows.map((row) => (
            <ResultOf key={row.minion} jid={jid} row={row} />
          ))}
        </section>
      )}
    </Show>
  );
}

function ResultOf({ jid, row }: { jid: string; row: ReturnRow }) {
  const here = row.success !== null;
  const result = useLoad(`${jid} ${row.minion} ${here}`, async () =>
    here ? await runner<PluginStatus>('plugins.result', { jid, minion: row.minion }) : undefined,
  );
  return (
    <article class="card pad stack tight" data-result={row.minion}>
      <h3>{row.minion}</h3>
      {result.error !== undefined ? (
        <Failure error={new Error(row.reason ?? result.error.message)} />
      ) : result.value === undefined ? (
        <Status mark="wait" text={row.reason ?? undefined} />
      ) : (
        <Result of={result.value} />
      )}
    </article>
  );
}

/** How the plugin stands on each minion, and its history on one. */
function StatusTable({ name }: { name: string }) {
  const minion = place.value.query.get('minion');
  const status = useLoad(`${name} ${minion}`, async () => {
    if (minion === null) return (await runner<readonly PluginStatus[]>('plugins.status')).filter(({ plugin }) => plugin === name);
    return await runner<readonly PluginStatus[]>('plugins.history', { name, minion, limit: 100 });
  });
  return (
    <Show of={status}>
      {(rows) => (
        <>
          {minion !== null && (
            <div class="tools">
              <Button small onPress={() => setQuery({ minion: undefined })}>
                {words.plugins.allMinions}
              </Button>
              <b>{minion}</b>
            </div>
          )}
          {rows.length === 0 ? (
            <div class="card">
              <Empty icon="plugins" title={words.plugins.noStatus}>
                <p>{words.plugins.noStatusHint}</p>
              </Empty>
            </div>
          ) : (
            <div class="card scroll">
              <table class="table">
                <tbody>
                  {rows.map((row) => (
                    <tr key={`${row.minion} ${row.at}`}>
                      <td>
                        {minion === null ? (
                          <button type="button" class="link" onClick={() => setQuery({ minion: row.minion })}>
                            {row.minion}
                          </button>
                        ) : (
                          <Time at={row.at} />
                        )}
                      </td>
                      <td>
                        <Status mark={markOf(row.status)} text={row.message ?? row.status} />
                      </td>
                      <td>{minion === null && <Time at={row.at} />}</td>
                      <td>{row.jid !== null && row.jid !== undefined && <a href={to(`/jobs/${row.jid}`)}>{words.plugins.job}</a>}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </>
      )}
    </Show>
  );
}

function Settings({ of, onDone }: { of: Plugin; onDone: () => void }) {
  const [text, setText] = useState(JSON.stringify(of.configuration ?? {}, null, 2));
  const set = (given: Values): void =>
    void attempt(() => wheel('plugin.configure', { name: of.name, ...given }), words.common.saved).then(onDone);
  return (
    <div class="card pad stack">
      <div class="actions">
        <Button onPress={() => set({ enabled: of.mode === 'disabled' })}>
          {of.mode === 'disabled' ? words.plugins.enable : words.plugins.disable}
        </Button>
      </div>
      <label class="field">
        <span>{words.plugins.configuration}</span>
        <textarea class="input mono" rows={10} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <span class="hint">{words.plugins.configurationHint}</span>
      </label>
      <div class="actions">
        <Button kind="main" onPress={() => void attempt(async () => set({ configuration: JSON.parse(text) as unknown }))}>
          {words.common.save}
        </Button>
        <Button onPress={() => go(to('/plugins'))}>{words.common.cancel}</Button>
      </div>
    </div>
  );
}
