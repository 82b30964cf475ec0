import { useState } from 'preact/hooks';
import { runner, wheel } from '../data/api.ts';
import { useEvery, useLive, useThrottled } from '../data/live.ts';
import { useLoad } from '../data/load.ts';
import { may } from '../data/rights.ts';
import type { Enrolment, Group, Keys as KeyLists } from '../data/shapes.ts';
import { counted } from '../data/text.ts';
import { Button, Copy, Empty, Field, Find, Head, Input, Note, Segments, Select, Show, Time } from '../parts/basics.tsx';
import { attempt, confirm, Dialog, tell } from '../parts/dialog.tsx';
import { place, setQuery, to } from '../shell/router.ts';
import { words } from '../words.ts';

const FOLDERS = ['minions_pre', 'minions', 'minions_rejected', 'minions_denied'] as const;
type Folder = (typeof FOLDERS)[number];
type Fingers = Partial<Record<Folder, Readonly<Record<string, string>>>>;
/** Keys drawn at once; the search finds the others. */
const MOST = 200;

async function loadKeys(): Promise<{ lists: KeyLists; fingers: Fingers }> {
  const [lists, fingers] = await Promise.all([wheel<KeyLists>('key.list_all'), wheel<Fingers>('key.finger_all')]);
  return { lists, fingers };
}

/** Who may join: keys that wait, with fingerprints, as they arrive. */
export function Keys() {
  const { query } = place.value;
  const folder = (query.get('show') ?? 'minions_pre') as Folder;
  const search = query.get('q') ?? '';
  const [adding, setAdding] = useState(query.has('add'));
  const keys = useLoad('keys', loadKeys);
  const refresh = useThrottled(keys.reload, 700);
  useLive('salt/auth,salt/key,tsalt/enrol/*', refresh);
  useEvery(10_000, refresh);
  return (
    <>
      <Head title={words.keys.title} about={words.keys.about}>
        {may('wheel', 'enrol.line') && (
          <Button kind="main" icon="plus" onPress={() => setAdding(true)}>
            {words.keys.add}
          </Button>
        )}
      </Head>
      {adding && <AddMachine known={keys.value?.lists.minions ?? []} onClose={() => setAdding(false)} />}
      <Show of={keys}>
        {({ lists, fingers }) => (
          <>
            <div class="tools">
              <Segments
                name={words.keys.folders}
                value={folder}
                onValue={(next) => setQuery({ show: next === 'minions_pre' ? '' : next })}
                choices={FOLDERS.map((value) => ({ value, text: words.keys.folder[value](counted((lists[value] ?? []).length)) }))}
              />
              <Find value={search} onValue={(q) => setQuery({ q })} placeholder={words.keys.search} />
            </div>
            <KeyTable
              folder={folder}
              ids={(lists[folder] ?? []).filter((id) => id.includes(search))}
              fingers={fingers[folder] ?? {}}
              search={search}
              onDone={keys.reload}
            />
          </>
        )}
      </Show>
    </>
  );
}

interface TableProps {
  readonly folder: Folder;
  readonly ids: readonly string[];
  readonly fingers: Readonly<Record<string, string>>;
  readonly search: string;
  readonly onDone: () => void;
}

function KeyTable({ folder, ids, fingers, search, onDone }: TableProps) {
  if (ids.length === 0)
    return (
      <div class="card">
        <Empty icon="keys" title={words.keys.none[folder]}>
          {folder === 'minions_pre' && <p>{words.keys.noneHint}</p>}
        </Empty>
      </div>
    );
  const [verb, fun] = folder === 'minions_pre' ? [words.keys.acceptAll, 'key.accept'] : [words.keys.deleteAll, 'key.delete'];
  const all = (): void =>
    confirm({
      title: verb(counted(ids.length)),
      text: search === '' ? words.keys.allText : words.keys.foundText(search),
      yes: verb(counted(ids.length)),
      act: () => void change(`${fun}_dict`, { [folder]: ids }, words.keys.done(counted(ids.length)), onDone),
    });
  return (
    <>
      {ids.length > 1 && may('wheel', fun) && (
        <div class="tools">
          <Button onPress={all}>{verb(counted(ids.length))}</Button>
        </div>
      )}
      <div class="card scroll">
        <table class="table">
          <thead>
            <tr>
              <th>{words.keys.minion}</th>
              <th class="wide-only">{words.keys.finger}</th>
              <th>
                <span class="unseen">{words.keys.actions}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {ids.slice(0, MOST).map((id) => (
              <KeyRow key={id} id={id} folder={folder} finger={fingers[id]} onDone={onDone} />
            ))}
          </tbody>
        </table>
        {ids.length > MOST && <p class="soft small pad-row">{words.keys.more(counted(ids.length - MOST))}</p>}
      </div>
    </>
  );
}

const change = async (fun: string, match: unknown, done: string, onDone: () => void): Promise<void> => {
  const more = fun.startsWith('key.accept') ? { include_rejected: true, include_denied: false } : {};
  await attempt(() => wheel(fun, { match, ...more }), done);
  onDone();
};

function KeyRow({ id, folder, finger, onDone }: { id: string; folder: Folder; finger: string | undefined; onDone: () => void }) {
  const one = { [folder]: [id] };
  return (
    <tr data-key={id}>
      <td>
        <b>{folder === 'minions' ? <a href={to(`/minion/${encodeURIComponent(id)}`)}>{id}</a> : id}</b>
        <div class="soft xs mono narrow-only finger">{finger}</div>
      </td>
      <td class="wide-only mono small">{finger ?? '–'}</td>
      <td>
        <div class="actions end">
          {(folder === 'minions_pre' || folder === 'minions_rejected') && may('wheel', 'key.accept') && (
            <Button small kind="main" onPress={() => void change('key.accept_dict', one, words.keys.accepted(id), onDone)}>
              {words.keys.accept}
            </Button>
          )}
          {folder === 'minions_pre' && may('wheel', 'key.reject') && (
            <Button small onPress={() => void change('key.reject_dict', one, words.keys.rejected(id), onDone)}>
              {words.keys.reject}
            </Button>
          )}
          {may('wheel', 'key.delete') && (
            <Button
              small
              kind="danger"
              onPress={() =>
                confirm({
                  title: words.keys.deleteTitle(id),
                  text: words.keys.deleteText,
                  yes: words.common.delete,
                  act: () => void change('key.delete_dict', one, words.keys.deleted(id), onDone),
                })
              }
            >
              {words.common.delete}
            </Button>
          )}
        </div>
      </td>
    </tr>
  );
}

const TTLS = [3600, 86_400, 604_800];

/** One line to paste on the new machine; it appears here as soon as it has come. */
function AddMachine({ known, onClose }: { known: readonly string[]; onClose: () => void }) {
  const groups = useLoad('groups', () => runner<readonly Group[]>('groups.list'));
  const [group, setGroup] = useState('');
  const [pattern, setPattern] = useState('');
  const [ttl, setTtl] = useState(String(TTLS[0]));
  const [made, setMade] = useState<Enrolment>();
  const [before, setBefore] = useState<readonly string[]>([]);
  const make = (): void =>
    void attempt(async () => {
      setBefore(known);
      setMade(await wheel<Enrolment>('enrol.line', { group: group || undefined, for: pattern || undefined, ttl: Number(ttl) }));
    });
  const come = made === undefined ? [] : known.filter((id) => !before.includes(id));
  if (come[0] !== undefined) tellOnce(come[0]);
  return (
    <Dialog onClose={onClose} name={words.keys.add}>
      <h2>{words.keys.add}</h2>
      {made === undefined ? (
        <>
          <p class="soft">{words.keys.addAbout}</p>
          <Field label={words.keys.group} hint={words.keys.groupHint}>
            <Select
              value={group}
              onValue={setGroup}
              choices={[{ value: '', text: words.keys.noGroup }, ...(groups.value ?? []).map(({ name }) => ({ value: name, text: name }))]}
            />
          </Field>
          <div class="pair">
            <Field label={words.keys.for} hint={words.keys.forHint}>
              <Input value={pattern} onValue={setPattern} mono placeholder="web*" />
            </Field>
            <Field label={words.keys.ttl}>
              <Select
                value={ttl}
                onValue={setTtl}
                choices={TTLS.map((value) => ({ value: String(value), text: words.keys.ttls[value] ?? '' }))}
              />
            </Field>
          </div>
          <div class="actions">
            <Button onPress={onClose}>{words.common.cancel}</Button>
            <Button kind="main" onPress={make}>
              {words.keys.makeLine}
            </Button>
          </div>
        </>
      ) : (
        <>
          <p class="soft">{words.keys.paste}</p>
          <Copy text={made.line} />
          <dl class="pairs small">
            <dt>{words.keys.expires}</dt>
            <dd>
              <Time at={made.expires} />
            </dd>
            <dt>{words.keys.masterFinger}</dt>
            <dd class="mono">{made.finger}</dd>
          </dl>
          {come.length === 0 ? (
            <Note>{words.keys.waiting}</Note>
          ) : (
            come.map((id) => (
              <Note mark="ok" key={id}>
                <span data-arrived={id}>{words.keys.arrived(id)}</span>
              </Note>
            ))
          )}
          <div class="actions">
            <Button kind="main" onPress={onClose}>
              {words.common.close}
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}

const told = new Set<string>();
function tellOnce(id: string): void {
  if (told.has(id)) return;
  told.add(id);
  queueMicrotask(() => tell(words.keys.arrived(id)));
}
