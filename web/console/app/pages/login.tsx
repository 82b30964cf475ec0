import { useState } from 'preact/hooks';
import { login } from '../data/api.ts';
import { Failure, Field, Input, Select } from '../parts/basics.tsx';
import { Brand } from '../parts/icon.tsx';
import { words } from '../words.ts';

const WAYS = ['local', 'pam', 'ldap', 'file', 'sharedsecret', 'rest', 'auto'];
const KEPT = 'tsalt-eauth';

export function Login() {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [eauth, setEauth] = useState(localStorage.getItem(KEPT) ?? 'local');
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const submit = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    login(user, password, eauth).then(
      () => localStorage.setItem(KEPT, eauth),
      (why: Error) => {
        setError(why);
        setBusy(false);
      },
    );
  };
  return (
    <main class="login">
      <form onSubmit={submit}>
        <div>
          <span class="brand">
            <Brand />
            {words.brand}
          </span>
          <h1>{words.login.title}</h1>
        </div>
        <Field label={words.login.user}>
          <Input value={user} onValue={setUser} autoComplete="username" focus />
        </Field>
        <Field label={words.login.password}>
          <Input value={password} onValue={setPassword} type="password" autoComplete="current-password" />
        </Field>
        <Field label={words.login.way} hint={words.login.wayHint}>
          <Select value={eauth} onValue={setEauth} choices={WAYS.map((value) => ({ value, text: value }))} />
        </Field>
        {error !== undefined && <Failure error={error} />}
        <button type="submit" class="button main" disabled={busy || user === ''}>
          {words.login.go}
        </button>
      </form>
    </main>
  );
}
