import { useState } from 'preact/hooks';
import { runner, wheel } from '../data/api.ts';
import { useLoad } from '../data/load.ts';
import type { Channel } from '../data/shapes.ts';
import { Button, Check, Empty, Field, Input, Segments, Select, ShowSome, Status } from '../parts/basics.tsx';
import { attempt, confirm, Dialog } from '../parts/dialog.tsx';
import { words } from '../words.ts';

const FRESH: Channel = { name: '', kind: 'webhook', enabled: true, on: ['routine', 'threshold', 'minion', 'key'], repeat: 14_400 };

/** Where alerts are told. */
export function Channels() {
  const list = useLoad('channels', () => runner<readonly Channel[]>('alerts.channels'));
  const [editing, setEditing] = useState<Channel>();
  return (
    <>
      <div class="tools">
        <Button kind="main" icon="plus" onPress={() => setEditing(FRESH)}>
          {words.channels.add}
        </Button>
      </div>
      {editing !== undefined && <Editor of={editing} onClose={() => setEditing(undefined)} onDone={list.reload} />}
      <ShowSome
        of={list}
        empty={
          <Empty icon="monitoring" title={words.channels.none}>
            <p>{words.channels.noneHint}</p>
          </Empty>
        }
      >
        {(rows) => (
          <ul class="card rows">
            {rows.map((row) => (
              <Row key={row.name} of={row} onEdit={() => setEditing(row)} onDone={list.reload} />
            ))}
          </ul>
        )}
      </ShowSome>
    </>
  );
}

function Row({ of, onEdit, onDone }: { of: Channel; onEdit: () => void; onDone: () => void }) {
  const { name } = of;
  return (
    <li class="pad-row" data-channel={name}>
      <div class="actions">
        <b>{name}</b>
        <span class="tag">{words.channels.kinds[of.kind]}</span>
        {!of.enabled && <Status mark={null} text={words.channels.off} />}
        <span class="soft">{of.on.map((kind) => kindWord(kind)).join(', ')}</span>
      </div>
      <p class="mono small">{of.kind === 'webhook' ? String(of['url']) : receiversOf(of)}</p>
      <div class="actions">
        <Button small onPress={() => void attempt(() => wheel('alert.test', { name }), words.channels.tested)}>
          {words.channels.test}
        </Button>
        <Button small onPress={onEdit}>
          {words.common.edit}
        </Button>
        <Button
          small
          kind="danger"
          onPress={() =>
            confirm({
              title: words.channels.deleteTitle(name),
              text: words.channels.deleteText,
              yes: words.common.delete,
              act: () => void attempt(() => wheel('alert.delete_channel', { name })).then(onDone),
            })
          }
        >
          {words.common.delete}
        </Button>
      </div>
    </li>
  );
}

const kindWord = (kind: string): string => words.channels.kindsOfAlert[kind as keyof typeof words.channels.kindsOfAlert] ?? kind;
const receiversOf = (channel: Channel): string => (Array.isArray(channel['to']) ? channel['to'].join(', ') : '');

/** The fields of each kind, in the order of the form. */
const FIELDS = {
  webhook: ['url', 'secret'],
  mail: ['host', 'port', 'security', 'user', 'password', 'from', 'to'],
} as const;

function Editor({ of, onClose, onDone }: { of: Channel; onClose: () => void; onDone: () => void }) {
  const fresh = of.name === '';
  const [name, setName] = useState(of.name);
  const [kind, setKind] = useState(of.kind);
  const [enabled, setEnabled] = useState(of.enabled);
  const [on, setOn] = useState(of.on);
  const [repeat, setRepeat] = useState(String(of.repeat));
  const [fields, setFields] = useState<Readonly<Record<string, string>>>(() => textsOf(of));
  const set = (key: string) => (value: string) => setFields({ ...fields, [key]: value });
  const save = async (): Promise<void> => {
    const own = Object.fromEntries(
      FIELDS[kind].flatMap((key) => (fields[key] ? [[key, key === 'port' ? Number(fields[key]) : fields[key]]] : [])),
    );
    const given = { name, kind, enabled, on, repeat: Number(repeat), ...own };
    if (!(await attempt(() => wheel('alert.save_channel', given), words.common.saved))) return;
    onClose();
    onDone();
  };
  return (
    <Dialog name={words.channels.add} onClose={onClose}>
      <h2>{fresh ? words.channels.add : name}</h2>
      {fresh && (
        <Field label={words.common.name}>
          <Input value={name} onValue={setName} mono focus />
        </Field>
      )}
      {fresh && (
        <Segments
          name={words.channels.kind}
          value={kind}
          onValue={(value) => setKind(value as Channel['kind'])}
          choices={(['webhook', 'mail'] as const).map((value) => ({ value, text: words.channels.kinds[value] }))}
        />
      )}
      {kind === 'webhook' ? <Webhook fields={fields} set={set} /> : <Mail fields={fields} set={set} />}
      <fieldset class="actions">
        <legend class="small">{words.channels.about}</legend>
        {FRESH.on.map((one) => (
          <Check
            key={one}
            on={on.includes(one)}
            onChange={(is) => setOn(FRESH.on.filter((each) => (each === one ? is : on.includes(each))))}
          >
            {kindWord(one)}
          </Check>
        ))}
      </fieldset>
      <Field label={words.channels.repeat} hint={words.channels.repeatHint}>
        <Input value={repeat} onValue={setRepeat} type="number" />
      </Field>
      <Check on={enabled} onChange={setEnabled}>
        {words.channels.enabled}
      </Check>
      <div class="actions">
        <Button onPress={onClose}>{words.common.cancel}</Button>
        <Button kind="main" onPress={() => void save()} disabled={name === ''}>
          {words.common.save}
        </Button>
      </div>
    </Dialog>
  );
}

/** What a channel has of the fields, as texts. */
const textsOf = (channel: Channel): Record<string, string> =>
  Object.fromEntries(
    [...FIELDS.webhook, ...FIELDS.mail].flatMap((key) => {
      const value = channel[key];
      return value === undefined || value === null ? [] : [[key, Array.isArray(value) ? value.join(', ') : String(value)]];
    }),
  );

interface Fields {
  readonly fields: Readonly<Record<string, string>>;
  readonly set: (key: string) => (value: string) => void;
}

const Webhook = ({ fields, set }: Fields) => (
  <>
    <Field label={words.channels.url} hint={words.channels.urlHint}>
      <Input value={fields['url'] ?? ''} onValue={set('url')} mono />
    </Field>
    <Field label={words.channels.secret} hint={words.channels.secretHint}>
      <Input value={fields['secret'] ?? ''} onValue={set('secret')} type="password" autoComplete="new-password" />
    </Field>
  </>
);

const Mail = ({ fields, set }: Fields) => (
  <>
    <div class="pair">
      <Field label={words.channels.host}>
        <Input value={fields['host'] ?? ''} onValue={set('host')} mono />
      </Field>
      <Field label={words.channels.port}>
        <Input value={fields['port'] ?? ''} onValue={set('port')} type="number" />
      </Field>
      <Field label={words.channels.security}>
        <Select
          value={(fields['security'] ?? 'starttls') as 'starttls' | 'tls' | 'none'}
          onValue={set('security')}
          choices={(['starttls', 'tls', 'none'] as const).map((value) => ({ value, text: words.channels.securities[value] }))}
        />
      </Field>
      <Field label={words.channels.user}>
        <Input value={fields['user'] ?? ''} onValue={set('user')} />
      </Field>
      <Field label={words.channels.password} hint={words.channels.secretHint}>
        <Input value={fields['password'] ?? ''} onValue={set('password')} type="password" autoComplete="new-password" />
      </Field>
      <Field label={words.channels.from}>
        <Input value={fields['from'] ?? ''} onValue={set('from')} mono />
      </Field>
    </div>
    <Field label={words.channels.receivers} hint={words.channels.receiversHint}>
      <Input value={fields['to'] ?? ''} onValue={set('to')} mono />
    </Field>
  </>
);
