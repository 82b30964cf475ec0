import { useState } from 'preact/hooks';
import { publish, runNow, runner } from '../data/api.ts';
import { argumentsOf } from '../data/arguments.ts';
import { useLoad } from '../data/load.ts';
import type { MinionRow, Page, Target } from '../data/shapes.ts';
import { Button, Check, Failure, Field, Head, Input, Note } from '../parts/basics.tsx';
import { Reached, sent, TargetFields, useSettled } from '../parts/target.tsx';
import { go, place, to } from '../shell/router.ts';
import { words } from '../words.ts';

/** Functions whose minions tell of each state, and that can be run dry. */
const STATEFUL = /^state\.(apply|highstate|sls|sls_id|high|top|single)$/;

/** Some minion that is there: it is asked what functions it has. */
async function someMinion(): Promise<Target | undefined> {
  const { rows } = await runner<Page<MinionRow>>('fleet.page', { state: 'online', offset: 0, limit: 1 });
  const [first] = rows;
  return first === undefined ? undefined : { kind: 'list', expression: [first.id] };
}

async function askOne<T>(fun: string, args: readonly unknown[] = []): Promise<T | undefined> {
  const one = await someMinion();
  return one === undefined ? undefined : Object.values(await runNow<T>(one, fun, args))[0];
}

let functionNames: Promise<readonly string[] | undefined> | undefined;
const namesOnce = (): Promise<readonly string[] | undefined> => {
  functionNames ??= askOne<readonly string[]>('sys.list_functions');
  functionNames.catch(() => {
    functionNames = undefined;
  });
  return functionNames;
};

export function Run() {
  const { query } = place.value;
  const [target, setTarget] = useState<Target>({ kind: query.get('kind') ?? 'glob', expression: query.get('tgt') ?? '*' });
  const [fun, setFun] = useState(query.get('fun') ?? '');
  const [line, setLine] = useState(query.get('args') ?? '');
  const [dry, setDry] = useState(query.get('dry') === '1');
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const [count, setCount] = useState<number>();
  const names = useLoad('functions', namesOnce);
  const stateful = STATEFUL.test(fun);

  const submit = (): void => {
    setBusy(true);
    setError(undefined);
    const { args, kwargs } = argumentsOf(line);
    const named = {
      ...kwargs,
      ...(stateful && fun !== 'state.single' ? { state_events: true } : {}),
      ...(stateful && dry ? { test: true } : {}),
    };
    publish(sent(target), fun.trim(), args, named).then(
      ({ jid }) => {
        setBusy(false);
        if (jid === null) setError(new Error(words.run.nobody));
        else go(to(`/jobs/${jid}`));
      },
      (why: Error) => {
        setBusy(false);
        setError(why);
      },
    );
  };
  return (
    <>
      <Head title={words.run.title} about={words.run.about} />
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <section class="card pad stack">
          <h2>{words.run.where}</h2>
          <TargetFields value={target} onValue={setTarget} />
          <Reached target={target} onCount={setCount} />
        </section>
        <section class="card pad stack">
          <h2>{words.run.what}</h2>
          <div class="pair">
            <Field label={words.run.fun}>
              <Input value={fun} onValue={setFun} mono list="functions" placeholder="test.ping" focus />
              <datalist id="functions">
                {(names.value ?? [])
                  .filter((name) => name.includes(fun))
                  .slice(0, 60)
                  .map((name) => (
                    <option key={name} value={name} />
                  ))}
              </datalist>
            </Field>
            <Field label={words.run.args} hint={words.run.argsHint}>
              <Input value={line} onValue={setLine} mono placeholder="tree refresh=true" />
            </Field>
          </div>
          <FunctionHelp fun={fun} known={names.value?.includes(fun) ?? false} />
          {stateful && (
            <Check on={dry} onChange={setDry}>
              {words.run.dry} <span class="soft">{words.run.dryHint}</span>
            </Check>
          )}
        </section>
        {error !== undefined && <Failure error={error} />}
        <div class="actions">
          <button type="submit" class="button main" disabled={busy || fun.trim() === '' || count === 0}>
            {stateful && dry ? words.run.goDry : words.run.go}
          </button>
          <Button kind="bare" onPress={() => history.back()}>
            {words.common.cancel}
          </Button>
        </div>
      </form>
    </>
  );
}

interface ArgSpec {
  readonly args: readonly string[] | null;
  readonly defaults: readonly unknown[] | null;
}

/** The arguments and the documentation of the function, as a minion tells them. */
function FunctionHelp({ fun, known }: { fun: string; known: boolean }) {
  const settled = useSettled(known ? fun : '', 300);
  const help = useLoad(settled, async () => {
    if (settled === '') return undefined;
    const [spec, doc] = await Promise.all([
      askOne<Record<string, ArgSpec>>('sys.argspec', [settled]),
      askOne<Record<string, string>>('sys.doc', [settled]),
    ]);
    return { spec: spec?.[settled], doc: doc?.[settled] };
  });
  if (help.value === undefined) return null;
  const { spec, doc } = help.value;
  const names = spec?.args ?? [];
  const defaults = spec?.defaults ?? [];
  const first = names.length - defaults.length;
  return (
    <Note>
      {names.length > 0 && (
        <p class="mono">{names.map((name, i) => (i < first ? name : `${name}=${JSON.stringify(defaults[i - first])}`)).join('  ')}</p>
      )}
      {doc !== undefined && <p class="small soft value">{doc.trim().slice(0, 1200)}</p>}
    </Note>
  );
}
