import { runner } from '../data/api.ts';
import { useLoad } from '../data/load.ts';
import type { Plugin } from '../data/shapes.ts';
import { Empty, Head, ShowSome, Status } from '../parts/basics.tsx';
import { Icon } from '../parts/icon.tsx';
import { to } from '../shell/router.ts';
import { words } from '../words.ts';

export function Plugins() {
  const plugins = useLoad('plugins', () => runner<readonly Plugin[]>('plugins.list'));
  return (
    <>
      <Head title={words.plugins.title} about={words.plugins.about} />
      <ShowSome
        of={plugins}
        empty={
          <Empty icon="plugins" title={words.plugins.none}>
            <p>{words.plugins.noneHint}</p>
          </Empty>
        }
      >
        {(all) => (
          <ul class="tiles">
            {all.map((plugin) => (
              <li key={plugin.name}>
                <a class="card pad tile" href={to(`/plugins/${encodeURIComponent(plugin.name)}`)}>
                  <Icon name="plugins" size={20} />
                  <h2>{plugin.title}</h2>
                  <p class="soft">{plugin.description}</p>
                  <PluginMarks of={plugin} />
                </a>
              </li>
            ))}
          </ul>
        )}
      </ShowSome>
    </>
  );
}

export const PluginMarks = ({ of }: { of: Plugin }) => (
  <span class="actions small">
    {of.problem !== null && of.problem !== undefined && <Status mark="error" text={of.problem} />}
    <span class="tag">{words.plugins.modes[of.mode] ?? of.mode}</span>
    <span class="tag">{of.changes ? words.plugins.changes : words.plugins.reads}</span>
    {of.version !== null && <span class="soft">{of.version}</span>}
  </span>
);
