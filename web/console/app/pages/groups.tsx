import { useState } from 'preact/hooks';
import { runner, wheel } from '../data/api.ts';
import { useLoad } from '../data/load.ts';
import { may } from '../data/rights.ts';
import type { Group, Target } from '../data/shapes.ts';
import { counted } from '../data/text.ts';
import { Button, Empty, Field, Head, Input, Show, ShowSome, Tags } from '../parts/basics.tsx';
import { attempt, confirm } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { Reached, TargetFields } from '../parts/target.tsx';
import { go, to } from '../shell/router.ts';
import { words } from '../words.ts';

const mayEdit = (): boolean => may('wheel', 'group.save');

export function Groups() {
  const groups = useLoad('groups', () => runner<readonly Group[]>('groups.list'));
  return (
    <>
      <Head title={words.groups.title} about={words.groups.about}>
        {mayEdit() && <NewGroup />}
      </Head>
      <ShowSome
        of={groups}
        empty={
          <Empty icon="groups" title={words.groups.none}>
            <p>{words.groups.noneHint}</p>
            {mayEdit() && <NewGroup />}
          </Empty>
        }
      >
        {(all) => (
          <div class="card scroll">
            <table class="table">
              <thead>
                <tr>
                  <th>{words.common.name}</th>
                  <th class="wide-only">{words.groups.means}</th>
                  <th class="num">{words.groups.members}</th>
                  <th class="wide-only">{words.groups.plugins}</th>
                </tr>
              </thead>
              <tbody>
                {all.map((group) => (
                  <tr key={group.name}>
                    <td>
                      <a href={to(`/groups/${encodeURIComponent(group.name)}`)}>{group.name}</a>
                      <div class="soft small">{group.description}</div>
                    </td>
                    <td class="wide-only mono small">
                      {words.targets[group.kind as keyof typeof words.targets] ?? group.kind}: {String(group.expression)}
                    </td>
                    <td class="num">{words.groups.online(counted(group.online), counted(group.members))}</td>
                    <td class="wide-only">
                      <Tags of={group.plugins ?? []} />
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

const NewGroup = () => (
  <a class="button main" href={to('/groups/new')}>
    <Icon name="plus" />
    {words.groups.add}
  </a>
);

const FRESH: Group = { name: '', kind: 'glob', expression: '', description: '', plugins: [], source: 'saved', members: 0, online: 0 };

/** One group: what it means, and who is in it now. */
export function GroupPage({ name }: { name: string }) {
  const fresh = name === 'new';
  const group = useLoad(name, async () => (fresh ? FRESH : await runner<Group>('groups.show', { name })));
  return <Show of={group}>{(value) => <Editor key={value.name} of={value} fresh={fresh} />}</Show>;
}

function Editor({ of, fresh }: { of: Group; fresh: boolean }) {
  const [name, setName] = useState(of.name);
  const [description, setDescription] = useState(of.description ?? '');
  const [target, setTarget] = useState<Target>({ kind: of.kind, expression: of.expression });
  const [plugins, setPlugins] = useState((of.plugins ?? []).join(', '));
  const [watchers, setWatchers] = useState((of.watchers ?? []).join(', '));
  const fixed = of.source === 'config' || !mayEdit();
  const save = async (): Promise<void> => {
    const given = {
      name,
      kind: target.kind,
      expression: target.expression,
      description,
      plugins: namesIn(plugins),
      watchers: namesIn(watchers),
    };
    if (await attempt(() => wheel('group.save', given), words.common.saved)) go(to('/groups'));
  };
  const remove = (): void =>
    confirm({
      title: words.groups.deleteTitle(of.name),
      text: words.groups.deleteText,
      yes: words.common.delete,
      act: () => void attempt(() => wheel('group.delete', { name: of.name })).then((done) => done && go(to('/groups'))),
    });
  return (
    <>
      <Head
        crumb={<a href={to('/groups')}>{words.groups.title}</a>}
        title={fresh ? words.groups.add : of.name}
        about={fresh ? words.groups.newAbout : of.description}
      >
        {!fresh && (
          <>
            <a class="button" href={to('/monitoring', { group: of.name })}>
              <Icon name="monitoring" />
              {words.nav.monitoring}
            </a>
            <a class="button" href={to('/', { group: of.name })}>
              <Icon name="fleet" />
              {words.groups.show}
            </a>
            {may('run', 'test.ping') && (
              <a class="button main" href={to('/run', { kind: 'nodegroup', tgt: of.name })}>
                <Icon name="run" />
                {words.run.go}
              </a>
            )}
          </>
        )}
      </Head>
      <div class="stack">
        {of.source === 'config' && <p class="soft">{words.groups.fromConfig}</p>}
        <form
          class="card pad form wide"
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <fieldset class="plain stack" disabled={fixed}>
            <div class="pair">
              <Field label={words.common.name} hint={words.groups.nameHint}>
                {fresh ? <Input value={name} onValue={setName} mono placeholder="web" focus /> : <b class="mono">{of.name}</b>}
              </Field>
              <Field label={words.common.description}>
                <Input value={description} onValue={setDescription} />
              </Field>
            </div>
            <TargetFields value={target} onValue={setTarget} />
            <div class="pair">
              <Field label={words.groups.plugins} hint={words.groups.pluginsHint}>
                <Input value={plugins} onValue={setPlugins} />
              </Field>
              <Field label={words.groups.watchers} hint={words.groups.watchersHint}>
                <Input value={watchers} onValue={setWatchers} />
              </Field>
            </div>
          </fieldset>
          <section class="stack tight">
            <h3>{words.groups.preview}</h3>
            <Reached target={target} />
          </section>
          {!fixed && (
            <div class="actions">
              <button type="submit" class="button main" disabled={name === '' || target.expression === ''}>
                {words.common.save}
              </button>
              <Button onPress={() => go(to('/groups'))}>{words.common.cancel}</Button>
              {!fresh && (
                <Button kind="danger" onPress={remove}>
                  {words.common.delete}
                </Button>
              )}
            </div>
          )}
        </form>
      </div>
    </>
  );
}

export const namesIn = (text: string): string[] => text.split(/[\s,]+/).filter((name) => name !== '');
