import { useState } from 'preact/hooks';
import { runner, wheel } from '../data/api.ts';
import { useLoad } from '../data/load.ts';
import type { AuditRow, Group, User } from '../data/shapes.ts';
import { expressionOf } from '../data/text.ts';
import { Button, Check, Empty, Field, Find, Head, Input, Note, Segments, Show, ShowSome, Status, Tags, Time } from '../parts/basics.tsx';
import { attempt, confirm, Dialog } from '../parts/dialog.tsx';
import { place, setQuery } from '../shell/router.ts';
import { words } from '../words.ts';

export function Users() {
  const users = useLoad('users', () => runner<readonly User[]>('users.list'));
  const [editing, setEditing] = useState<User>();
  return (
    <>
      <Head title={words.users.title} about={words.users.about}>
        <Button kind="main" icon="plus" onPress={() => setEditing({ name: '', roles: ['watcher'], groups: [] })}>
          {words.users.add}
        </Button>
      </Head>
      {editing !== undefined && <UserEditor of={editing} onClose={() => setEditing(undefined)} onDone={users.reload} />}
      <ShowSome
        of={users}
        empty={
          <Empty icon="users" title={words.users.none}>
            <p>{words.users.noneHint}</p>
          </Empty>
        }
      >
        {(all) => (
          <div class="card scroll">
            <table class="table">
              <thead>
                <tr>
                  <th>{words.common.name}</th>
                  <th>{words.users.roles}</th>
                  <th class="wide-only">{words.users.groups}</th>
                  <th>
                    <span class="unseen">{words.keys.actions}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {all.map((user) => (
                  <tr key={user.name}>
                    <td>
                      <b>{user.name}</b>
                    </td>
                    <td>
                      <Tags of={user.roles} />
                    </td>
                    <td class="wide-only">
                      {user.groups.length === 0 ? <span class="soft">{words.users.everywhere}</span> : <Tags of={user.groups} />}
                    </td>
                    <td>
                      <div class="actions end">
                        <Button small onPress={() => setEditing(user)}>
                          {words.common.edit}
                        </Button>
                        <Button
                          small
                          kind="danger"
                          onPress={() =>
                            confirm({
                              title: words.users.deleteTitle(user.name),
                              text: words.users.deleteText,
                              yes: words.common.delete,
                              act: () => void attempt(() => wheel('user.delete', { name: user.name })).then(users.reload),
                            })
                          }
                        >
                          {words.common.delete}
                        </Button>
                      </div>
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

function UserEditor({ of, onClose, onDone }: { of: User; onClose: () => void; onDone: () => void }) {
  const fresh = of.name === '';
  const [name, setName] = useState(of.name);
  const [password, setPassword] = useState('');
  const [roles, setRoles] = useState<readonly string[]>(of.roles);
  const [groups, setGroups] = useState<readonly string[]>(of.groups);
  const known = useLoad('roles', () => runner<readonly string[]>('users.roles'));
  const all = useLoad('groups', () => runner<readonly Group[]>('groups.list'));
  const save = async (): Promise<void> => {
    const given = { name, roles, groups, password: password === '' ? undefined : password };
    if (!(await attempt(() => wheel('user.save', given), words.common.saved))) return;
    onClose();
    onDone();
  };
  const toggled = (list: readonly string[], item: string, on: boolean): string[] =>
    on ? [...list, item] : list.filter((one) => one !== item);
  return (
    <Dialog name={words.users.add} onClose={onClose}>
      <h2>{fresh ? words.users.add : of.name}</h2>
      {fresh && (
        <Field label={words.login.user}>
          <Input value={name} onValue={setName} focus />
        </Field>
      )}
      <Field label={words.login.password} hint={fresh ? words.users.passwordHint : words.users.passwordKept}>
        <Input value={password} onValue={setPassword} type="password" autoComplete="new-password" />
      </Field>
      <fieldset class="plain stack tight">
        <legend class="label">{words.users.roles}</legend>
        {(known.value ?? of.roles).map((role) => (
          <Check key={role} on={roles.includes(role)} onChange={(on) => setRoles(toggled(roles, role, on))}>
            {role} <span class="soft small">{words.users.roleHints[role as 'watcher'] ?? ''}</span>
          </Check>
        ))}
      </fieldset>
      {(all.value ?? []).length > 0 && (
        <fieldset class="plain stack tight">
          <legend class="label">{words.users.groups}</legend>
          <div class="choices">
            {(all.value ?? []).map((group) => (
              <Check key={group.name} on={groups.includes(group.name)} onChange={(on) => setGroups(toggled(groups, group.name, on))}>
                {group.name}
              </Check>
            ))}
          </div>
          <span class="soft small">{words.users.groupsHint}</span>
        </fieldset>
      )}
      <div class="actions">
        <Button onPress={onClose}>{words.common.cancel}</Button>
        <Button kind="main" onPress={() => void save()} disabled={name === '' || (fresh && password === '')}>
          {words.common.save}
        </Button>
      </div>
    </Dialog>
  );
}

interface Verified {
  readonly intact: boolean;
  readonly rows?: number;
  readonly broken?: { readonly n: number; readonly why: string };
}

const LIMIT = 100;

export function Audit() {
  const { query } = place.value;
  const at = (name: string): string | undefined => query.get(name) ?? undefined;
  const [before, setBefore] = useState<readonly number[]>([]);
  const [verified, setVerified] = useState<Verified>();
  const fun = at('fun');
  const filter = { user: at('user'), fun: fun === undefined || fun === '' ? undefined : `*${fun}*`, outcome: at('outcome') };
  const oldest = before.at(-1);
  const audit = useLoad(JSON.stringify({ filter, oldest }), async () => {
    const given = await runner<readonly AuditRow[] | { rows: readonly AuditRow[] }>('audit.list', {
      ...filter,
      before: oldest,
      limit: LIMIT,
    });
    return 'rows' in given ? given.rows : given;
  });
  const change = (changes: Record<string, string>): void => {
    setBefore([]);
    setQuery(changes);
  };
  return (
    <>
      <Head title={words.audit.title} about={words.audit.about}>
        <Button icon="ok" onPress={() => void attempt(async () => setVerified(await runner<Verified>('audit.verify')))}>
          {words.audit.verify}
        </Button>
      </Head>
      {verified !== undefined && (
        <div class="gap-below">
          <Note mark={verified.intact ? 'ok' : 'error'}>
            {verified.intact ? words.audit.intact : `${words.audit.broken} ${verified.broken?.why ?? ''}`}
          </Note>
        </div>
      )}
      <div class="tools">
        <Find value={at('fun') ?? ''} onValue={(fun) => change({ fun })} placeholder={words.audit.fun} />
        <Input value={at('user') ?? ''} onValue={(user) => change({ user })} placeholder={words.jobs.user} name={words.jobs.user} />
        <Segments
          name={words.jobs.outcome}
          value={at('outcome') ?? ''}
          onValue={(outcome) => change({ outcome })}
          choices={(['', 'allowed', 'refused', 'failed'] as const).map((value) => ({
            value,
            text: words.audit.outcomes[value === '' ? 'all' : value],
          }))}
        />
      </div>
      <Show of={audit}>
        {(rows) =>
          rows.length === 0 ? (
            <div class="card">
              <Empty icon="audit" title={words.audit.none} />
            </div>
          ) : (
            <>
              <AuditTable rows={rows} />
              <div class="tools">
                {before.length > 0 && <Button onPress={() => setBefore(before.slice(0, -1))}>{words.jobs.newer}</Button>}
                {rows.length === LIMIT && <Button onPress={() => setBefore([...before, rows.at(-1)?.n ?? 0])}>{words.jobs.older}</Button>}
              </div>
            </>
          )
        }
      </Show>
    </>
  );
}

const MARKS = { allowed: 'ok', refused: 'warning', failed: 'error' } as const;

const AuditTable = ({ rows }: { rows: readonly AuditRow[] }) => (
  <div class="card scroll gap-below">
    <table class="table">
      <thead>
        <tr>
          <th>{words.audit.at}</th>
          <th>{words.jobs.user}</th>
          <th>{words.audit.what}</th>
          <th>{words.jobs.outcome}</th>
          <th class="wide-only">{words.audit.from}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.n} data-audit={row.outcome}>
            <td>
              <Time at={row.at} />
            </td>
            <td>{row.user}</td>
            <td class="long">
              <span class="mono">{[row.action, row.fun].filter(Boolean).join(' ')}</span>
              <div class="soft small mono">
                {row.target !== null && row.target !== undefined && row.target !== '' ? `→ ${expressionOf(row.target)} ` : ''}
                {row.args !== null && row.args !== undefined && row.args !== '' ? short(row.args) : ''}
              </div>
            </td>
            <td class="long">
              <Status mark={MARKS[row.outcome] ?? null} text={words.audit.outcomes[row.outcome] ?? row.outcome} />
              {row.reason !== null && row.reason !== undefined && <div class="small soft">{row.reason}</div>}
            </td>
            <td class="wide-only small soft">
              {row.door} {row.address ?? ''}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const short = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 160);
