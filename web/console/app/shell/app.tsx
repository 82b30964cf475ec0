import { useEffect, useState } from 'preact/hooks';
import { logout, me, whoami } from '../data/api.ts';
import { Login } from '../pages/login.tsx';
import { Button, Empty, Failure, Skeleton } from '../parts/basics.tsx';
import { attempt, Confirm, Toasts } from '../parts/dialog.tsx';
import { Brand, Icon } from '../parts/icon.tsx';
import { words } from '../words.ts';
import { NAVIGATION, pageOf } from './pages.tsx';
import { openPalette, Palette, usePaletteKeys } from './palette.tsx';
import { place, to } from './router.ts';
import { nextTheme, shownTheme, theme } from './theme.ts';

export function App() {
  const [error, setError] = useState<Error>();
  const learn = (): void => {
    setError(undefined);
    whoami().catch(setError);
  };
  // Once, at the start
  useEffect(learn, []);
  if (error !== undefined)
    return (
      <main class="login">
        <Failure error={error} again={learn} />
      </main>
    );
  if (me.value === undefined)
    return (
      <main class="login">
        <Skeleton />
      </main>
    );
  return (
    <>
      {me.value === null ? <Login /> : <Inside />}
      <Toasts />
    </>
  );
}

function Inside() {
  const [open, setOpen] = useState(false);
  const { path } = place.value;
  usePaletteKeys();
  // Another page closes the drawer
  useEffect(() => setOpen(false), [path]);
  const page = pageOf(path);
  return (
    <div class="shell">
      <div class="top">
        <Button kind="bare" icon="menu" name={words.nav.menu} onPress={() => setOpen(true)} />
        <a class="brand" href={to('/')}>
          <Brand />
          {words.brand}
        </a>
        <Button kind="bare" icon="search" name={words.palette.name} onPress={openPalette} />
      </div>
      {open && <button type="button" class="curtain" aria-label={words.common.close} onClick={() => setOpen(false)} />}
      <Side open={open} path={path} />
      <main class="page" key={path}>
        {page === undefined ? (
          <Empty icon="search" title={words.common.noPage}>
            <a href={to('/')}>{words.nav.fleet}</a>
          </Empty>
        ) : (
          page.show()
        )}
      </main>
      <Palette />
      <Confirm />
    </div>
  );
}

const Side = ({ open, path }: { open: boolean; path: string }) => (
  <div class={`side ${open ? 'open' : ''}`}>
    <a class="brand" href={to('/')}>
      <Brand />
      {words.brand}
    </a>
    <nav aria-label={words.nav.name}>
      {NAVIGATION.map((entries) => (
        <ul key={entries[0]?.path}>
          {entries
            .filter((entry) => entry.shown?.() ?? true)
            .map((entry) => (
              <li key={entry.path}>
                <a href={to(entry.path)} aria-current={isAt(path, entry.path) ? 'page' : undefined}>
                  <Icon name={entry.icon} />
                  {entry.text}
                </a>
              </li>
            ))}
        </ul>
      ))}
    </nav>
    <div>
      <button type="button" class="button bare wide" onClick={openPalette}>
        <Icon name="search" />
        {words.palette.name}
        <kbd>Ctrl K</kbd>
      </button>
    </div>
    <Who />
  </div>
);

const isAt = (path: string, entry: string): boolean =>
  path === entry || (entry !== '/' && path.startsWith(`${entry}/`)) || (entry === '/' && path.startsWith('/minion/'));

function Who() {
  const person = me.value;
  if (!person) return null;
  return (
    <div class="who">
      <div>
        <b class="cut">{person.user}</b>
        <div class="soft xs cut" title={`${person.master} · tsalt ${person.version}`}>
          {person.roles.join(', ') || words.users.noRole}
        </div>
      </div>
      <Button kind="bare" small icon={shownTheme.value === 'dark' ? 'moon' : 'sun'} name={words.theme[theme.value]} onPress={nextTheme} />
      <Button kind="bare" small icon="out" name={words.login.out} onPress={() => void attempt(logout)} />
    </div>
  );
}
