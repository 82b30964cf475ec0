import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { runner } from '../data/api.ts';
import { useLoad } from '../data/load.ts';
import type { MinionRow, Page } from '../data/shapes.ts';
import { Input } from '../parts/basics.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Icon, type IconName } from '../parts/icon.tsx';
import { useSettled } from '../parts/target.tsx';
import { words } from '../words.ts';
import { NAVIGATION } from './pages.tsx';
import { go, to } from './router.ts';
import { nextTheme } from './theme.ts';

const open = signal(false);
export const openPalette = (): void => {
  open.value = true;
};

/** Ctrl-K, or `/` where nothing is being typed. */
export function usePaletteKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') || (event.key === '/' && !typing)) {
        event.preventDefault();
        open.value = !open.value;
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

interface Hit {
  readonly icon: IconName;
  readonly text: string;
  readonly kind: string;
  readonly href: string;
  readonly act?: () => void;
}

export const Palette = () => (open.value ? <Opened /> : null);

function Opened() {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const settled = useSettled(text.trim(), 120);
  const minions = useLoad(settled, async () =>
    settled.length < 2 ? [] : (await runner<Page<MinionRow>>('fleet.page', { search: settled, offset: 0, limit: 8 })).rows,
  );
  const close = (): void => {
    open.value = false;
  };
  const pick = (hit: Hit): void => {
    close();
    if (hit.act === undefined) go(hit.href);
    else hit.act();
  };
  const hits = [...commandsFor(text), ...(minions.value ?? []).map(minionHit)].slice(0, 14);
  const onKey = (event: KeyboardEvent): void => {
    const hit = hits[at];
    if (event.key === 'ArrowDown') setAt(Math.min(hits.length - 1, at + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
    else if (event.key === 'Enter' && hit !== undefined) pick(hit);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog onClose={close} name={words.palette.name} class="palette">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move in the list below the field */}
      <div onKeyDown={onKey}>
        <Input
          value={text}
          onValue={(value) => {
            setText(value);
            setAt(0);
          }}
          placeholder={words.palette.hint}
          name={words.palette.name}
          focus
        />
        <ul>
          {hits.map((hit, i) => (
            <li key={`${hit.kind} ${hit.text}`} class={i === at ? 'here' : ''}>
              <a
                href={hit.href}
                onClick={(event) => {
                  event.preventDefault();
                  pick(hit);
                }}
              >
                <Icon name={hit.icon} />
                {hit.text}
                <span>{hit.kind}</span>
              </a>
            </li>
          ))}
          {hits.length === 0 && <li class="soft">{words.palette.nothing}</li>}
        </ul>
      </div>
    </Dialog>
  );
}

const minionHit = ({ id }: MinionRow): Hit => ({
  icon: 'fleet',
  text: id,
  kind: words.palette.minion,
  href: to(`/minion/${encodeURIComponent(id)}`),
});

function commandsFor(text: string): Hit[] {
  const wanted = text.trim().toLowerCase();
  const pages: Hit[] = NAVIGATION.flat()
    .filter((entry) => entry.shown?.() ?? true)
    .map((entry) => ({ icon: entry.icon, text: entry.text, kind: words.palette.page, href: to(entry.path) }));
  const more: Hit[] = [{ icon: 'moon', text: words.palette.theme, kind: words.palette.command, href: to('/'), act: nextTheme }];
  if (/^\d{20}$/.test(wanted)) more.unshift({ icon: 'jobs', text: wanted, kind: words.palette.job, href: to(`/jobs/${wanted}`) });
  return [...more, ...pages].filter((hit) => hit.text.toLowerCase().includes(wanted)).sort((a, b) => a.kind.localeCompare(b.kind) * -1);
}
