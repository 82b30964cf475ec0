import { useState } from 'preact/hooks';
import { runner } from '../data/api.ts';
import { useEvery } from '../data/live.ts';
import { useLoad } from '../data/load.ts';
import { may } from '../data/rights.ts';
import type { DriftScore, Target } from '../data/shapes.ts';
import { counted, expressionOf } from '../data/text.ts';
import { Button, Empty, Failure, Field, Find, Head, Input, Note, Segments, Show, ShowSome, Status, Time } from '../parts/basics.tsx';
import { attempt, confirm } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { StateDots, States as StateList, statesOf } from '../parts/states.tsx';
import { Reached, sent, TargetFields } from '../parts/target.tsx';
import { Value } from '../parts/value.tsx';
import { go, place, setQuery, to } from '../shell/router.ts';
import { words } from '../words.ts';

type Tab = 'drift' | 'plans' | 'tree';

export function States() {
  const tab = (place.value.query.get('tab') ?? 'drift') as Tab;
  return (
    <>
      <Head title={words.states.title} about={words.states.about}>
        {may('runner', 'plan.make') && (
          <a class="button main" href={to('/states/new')}>
            <Icon name="plus" />
            {words.states.makePlan}
          </a>
        )}
      </Head>
      <div class="tools">
        <Segments
          name={words.states.parts}
          value={tab}
          onValue={(next) => setQuery({ tab: next === 'drift' ? '' : next })}
          choices={(['drift', 'plans', 'tree'] as const).map((value) => ({ value, text: words.states.tabs[value] }))}
        />
      </div>
      {tab === 'drift' && <DriftMatrix />}
      {tab === 'plans' && <Plans />}
      {tab === 'tree' && <Tree />}
    </>
  );
}

/** Minions by what was measured: how far each is from what its states describe. */
function DriftMatrix() {
  const status = useLoad('drift', () => runner<Readonly<Record<string, Readonly<Record<string, DriftScore>>>>>('drift.status'));
  const [search, setSearch] = useState('');
  return (
    <Show of={status}>
      {(all) => {
        const names = [...new Set(Object.values(all).flatMap((own) => Object.keys(own)))].sort();
        const minions = Object.keys(all).filter((id) => id.includes(search));
        if (names.length === 0)
          return (
            <div class="card">
              <Empty icon="states" title={words.states.noDrift}>
                <p>{words.states.noDriftHint}</p>
              </Empty>
            </div>
          );
        return (
          <>
            <div class="tools">
              <Find value={search} onValue={setSearch} placeholder={words.fleet.search} />
            </div>
            <div class="card scroll">
              <table class="table matrix">
                <thead>
                  <tr>
                    <th>{words.fleet.name}</th>
                    {names.map((name) => (
                      <th key={name}>{name}</th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {minions.slice(0, 500).map((id) => (
                    <tr key={id}>
                      <td>
                        <a href={to(`/minion/${encodeURIComponent(id)}`, { tab: 'drift' })}>{id}</a>
                      </td>
                      {names.map((name) => (
                        <td key={name}>
                          <Score of={all[id]?.[name]} />
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        );
      }}
    </Show>
  );
}

/** States that are not as described, of those that were looked at. */
export function Score({ of }: { of: DriftScore | undefined }) {
  if (of === undefined) return <span class="soft">–</span>;
  const off = of.drifting.length + of.failing.length;
  const bad = of.failing.length > 0 || (of.errors?.length ?? 0) > 0;
  const text = off === 0 && !bad ? words.states.conform : words.states.score(counted(off), counted(of.states));
  return <Status mark={bad ? 'error' : off > 0 ? 'warning' : 'ok'} text={of.errors?.[0] ?? text} />;
}

interface PlanRow {
  readonly id: string;
  readonly made: string;
  readonly target: unknown;
  readonly mods: unknown;
  readonly minions: unknown;
}

function Plans() {
  const plans = useLoad('plans', () => runner<readonly PlanRow[]>('plan.list'));
  return (
    <ShowSome
      of={plans}
      empty={
        <Empty icon="states" title={words.states.noPlans}>
          <p>{words.states.noPlansHint}</p>
        </Empty>
      }
    >
      {(rows) => (
        <div class="card scroll">
          <table class="table">
            <thead>
              <tr>
                <th>{words.states.made}</th>
                <th>{words.states.mods}</th>
                <th>{words.jobs.target}</th>
                <th>{words.states.became}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((plan) => (
                <tr key={plan.id}>
                  <td>
                    <a href={to(`/states/${plan.id}`)}>
                      <Time at={plan.made} />
                    </a>
                  </td>
                  <td class="mono">{modsOf(plan.mods)}</td>
                  <td class="mono">{expressionOf(plan.target)}</td>
                  <td class="small">{tally(plan.minions)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </ShowSome>
  );
}

const modsOf = (mods: unknown): string =>
  mods === null || mods === undefined ? words.states.top : Array.isArray(mods) ? mods.join(', ') : String(mods);

/** `planned: 3, applied: 1`, of a list of states by minion or of counts by state. */
function tally(minions: unknown): string {
  if (typeof minions !== 'object' || minions === null) return '';
  const counts = new Map<string, number>();
  for (const [key, value] of Object.entries(minions)) {
    if (typeof value === 'number') counts.set(key, value);
    else counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  return [...counts].map(([state, n]) => `${n} ${state}`).join(', ');
}

interface PlanPart {
  readonly state: string;
  readonly summary: Readonly<Record<string, number>>;
  readonly note?: string;
  readonly states?: unknown;
}

interface Plan extends Omit<PlanRow, 'minions'> {
  readonly expires: string | null;
  readonly minions: Readonly<Record<string, PlanPart>>;
}

/** A plan: what would be done, with its diffs, and the button that does exactly that. */
export function PlanPage({ id }: { id: string }) {
  const plan = useLoad(id, () => runner<Plan>('plan.show', { id }));
  const results = useLoad(`${id} results`, () => runner<Readonly<Record<string, unknown>>>('plan.results', { id }));
  const [busy, setBusy] = useState(false);
  useEvery(busy ? 1500 : undefined, plan.reload);
  const apply = (): void =>
    confirm({
      title: words.states.applyTitle,
      text: words.states.applyText,
      yes: words.states.apply,
      act: () => {
        setBusy(true);
        void attempt(() => runner('plan.apply', { id }), words.states.applied).then(() => {
          setBusy(false);
          plan.reload();
        });
      },
    });
  return (
    <Show of={plan}>
      {(value) => (
        <>
          <Head
            crumb={<a href={to('/states', { tab: 'plans' })}>{words.states.tabs.plans}</a>}
            title={modsOf(value.mods)}
            about={words.states.planAbout(expressionOf(value.target))}
          >
            {may('runner', 'plan.apply') && (
              <Button kind="main" onPress={apply} disabled={busy}>
                {busy ? words.states.applying : words.states.apply}
              </Button>
            )}
          </Head>
          {results.error !== undefined && <Failure error={results.error} />}
          <ul class="card returns">
            {Object.entries(value.minions).map(([minion, part]) => (
              <PlanRowOf key={minion} minion={minion} part={part} results={results.value?.[minion]} />
            ))}
          </ul>
        </>
      )}
    </Show>
  );
}

function PlanRowOf({ minion, part, results }: { minion: string; part: PlanPart; results: unknown }) {
  const states = statesOf(results);
  return (
    <li data-plan={minion}>
      <details open>
        <summary>
          <Status
            mark={
              part.state === 'silent' || part.state === 'failed' || part.state === 'changed'
                ? 'error'
                : part.state === 'applied'
                  ? 'ok'
                  : null
            }
            text={<b>{minion}</b>}
          />
          <span class="actions">
            <span class="tag">{part.state}</span>
            {states !== undefined && <StateDots states={states} />}
            <span class="soft small">
              {Object.entries(part.summary ?? {})
                .filter(([, n]) => typeof n === 'number')
                .map(([name, n]) => `${n} ${name}`)
                .join(' · ')}
            </span>
          </span>
        </summary>
        <div class="stack tight body">
          {part.note !== undefined && <Note mark="warning">{part.note}</Note>}
          {states !== undefined ? (
            <StateList of={states} />
          ) : (
            results !== undefined && (
              <div class="value output">
                <Value of={results} />
              </div>
            )
          )}
        </div>
      </details>
    </li>
  );
}

export function NewPlan() {
  const { query } = place.value;
  const [target, setTarget] = useState<Target>({ kind: query.get('kind') ?? 'glob', expression: query.get('tgt') ?? '*' });
  const [mods, setMods] = useState(query.get('mods') ?? '');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const make = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const { kind, expression } = sent(target);
      const plan = await runner<Plan | null>('plan.make', { tgt: expression, tgt_type: kind, mods: mods === '' ? undefined : mods });
      if (plan === null) setError(new Error(words.run.nobody));
      else go(to(`/states/${plan.id}`));
    } catch (why) {
      setError(why as Error);
    }
    setBusy(false);
  };
  return (
    <>
      <Head crumb={<a href={to('/states')}>{words.states.title}</a>} title={words.states.makePlan} about={words.states.makeAbout} />
      <form
        class="card pad stack"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <TargetFields value={target} onValue={setTarget} />
        <Reached target={target} />
        <div class="form">
          <Field label={words.states.mods} hint={words.states.modsHint}>
            <Input value={mods} onValue={setMods} mono placeholder="nginx, users" />
          </Field>
        </div>
        {error !== undefined && <Failure error={error} />}
        <div class="actions">
          <button type="submit" class="button main" disabled={busy}>
            {busy ? words.states.making : words.states.makePlan}
          </button>
          <Button onPress={() => go(to('/states'))}>{words.common.cancel}</Button>
        </div>
      </form>
    </>
  );
}

interface SlsFile {
  readonly sls: string;
  readonly path: string;
}

function Tree() {
  const tree = useLoad('tree', () => runner<readonly SlsFile[]>('states.tree'));
  const [search, setSearch] = useState('');
  return (
    <ShowSome
      of={tree}
      empty={
        <Empty icon="states" title={words.states.noFiles}>
          <p>{words.states.noFilesHint}</p>
        </Empty>
      }
    >
      {(files) => (
        <>
          <div class="tools">
            <Find value={search} onValue={setSearch} placeholder={words.states.searchFiles} />
          </div>
          <div class="card scroll">
            <table class="table">
              <tbody>
                {files
                  .filter(({ sls }) => sls.includes(search))
                  .slice(0, 1000)
                  .map(({ sls, path }) => (
                    <tr key={path}>
                      <td class="mono">{sls}</td>
                      <td class="mono soft wide-only">{path}</td>
                      <td>
                        {may('runner', 'plan.make') && (
                          <a class="small" href={to('/states/new', { mods: sls })}>
                            {words.states.makePlan}
                          </a>
                        )}
                      </td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </ShowSome>
  );
}
