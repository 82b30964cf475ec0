import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Loaded } from '../data/load.ts';
import type { Mark } from '../data/shapes.ts';
import { short, whole } from '../data/text.ts';
import { words } from '../words.ts';
import { Icon, type IconName } from './icon.tsx';

/** Head of a page: its name, what it is, and what can be done. */
export const Head = ({
  title,
  about,
  crumb,
  children,
}: Children & { title: ComponentChildren; about?: ComponentChildren; crumb?: ComponentChildren }) => (
  <div class="head">
    <div>
      {crumb !== undefined && <div class="crumb">{crumb}</div>}
      <h1>{title}</h1>
      {about !== undefined && about !== null && about !== '' && <p>{about}</p>}
    </div>
    {children !== undefined && <div class="actions">{children}</div>}
  </div>
);

interface Children {
  readonly children?: ComponentChildren;
}

interface Press extends Children {
  readonly onPress: () => void;
  readonly kind?: 'main' | 'danger' | 'bare' | undefined;
  readonly icon?: IconName;
  readonly small?: boolean;
  readonly disabled?: boolean;
  /** For a button with an icon alone. */
  readonly name?: string;
}

export const Button = ({ onPress, kind, icon, small, disabled, name, children }: Press) => (
  <button
    type="button"
    class={`button ${kind ?? ''} ${small === true ? 'small' : ''} ${children === undefined ? 'icon' : ''}`}
    onClick={onPress}
    disabled={disabled}
    aria-label={name}
    title={name}
  >
    {icon !== undefined && <Icon name={icon} />}
    {children}
  </button>
);

/** Shows what a load gives: its waiting, its failure, or its value. */
export function Show<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  return (
    <>
      {of.error !== undefined && <Failure error={of.error} again={of.reload} />}
      {of.value !== undefined ? children(of.value) : of.error === undefined && <Skeleton />}
    </>
  );
}

/** Shows a list; `empty` in a card when there is nothing in it. */
export const ShowSome = <T,>({
  of,
  empty,
  children,
}: {
  of: Loaded<readonly T[]>;
  empty: ComponentChildren;
  children: (rows: readonly T[]) => ComponentChildren;
}) => <Show of={of}>{(rows) => (rows.length === 0 ? <div class="card">{empty}</div> : children(rows))}</Show>;

const LINES = [1, 2, 3, 4, 5, 6];

export const Skeleton = () => (
  <div class="skeleton" role="status" aria-label={words.common.loading}>
    {LINES.map((line) => (
      <i key={line} />
    ))}
  </div>
);

export const Failure = ({ error, again }: { error: Error; again?: () => void }) => (
  <div class="note error" role="alert">
    <span class="error">
      <Icon name="error" />
    </span>
    <div>{error.message}</div>
    {again !== undefined && (
      <Button small onPress={again}>
        {words.common.again}
      </Button>
    )}
  </div>
);

export const Note = ({ mark, children }: Children & { mark?: 'ok' | 'warning' | 'error' }) => (
  <div class={`note ${mark ?? ''}`}>
    <span class={mark ?? 'none'}>
      <Icon name={mark ?? 'info'} />
    </span>
    <div>{children}</div>
  </div>
);

export const Empty = ({ icon, title, children }: Children & { icon: IconName; title: string }) => (
  <div class="empty">
    <Icon name={icon} />
    <h2>{title}</h2>
    {children}
  </div>
);

/** OK, warning, error: a colour, a form and a word. */
export const Status = ({ mark, text }: { mark: Mark | 'wait'; text?: ComponentChildren }) => (
  <span class={`status ${mark === 'wait' || mark === null ? 'none' : mark}`}>
    <Icon name={mark ?? 'none'} />
    <span class="cut">{text ?? (mark === null ? words.status.none : words.status[mark])}</span>
  </span>
);

/** `OK`, `Warning`, `error` ... of plugins, as a mark. */
export function markOf(status: string | null | undefined): Mark {
  const lower = status?.toLowerCase();
  return lower === 'ok' || lower === 'warning' || lower === 'error' ? lower : null;
}

export const Presence = ({ state }: { state: string }) => (
  <span class={`status ${state === 'online' ? 'ok' : 'none'}`}>
    <Icon name={state === 'online' ? 'online' : state === 'offline' ? 'close' : 'none'} size={12} solid={state === 'online'} />
    {words.presence[state as keyof typeof words.presence] ?? state}
  </span>
);

export const Time = ({ at }: { at: string | null | undefined }) =>
  at === null || at === undefined ? (
    <span class="soft">{words.common.never}</span>
  ) : (
    <time dateTime={at} title={whole(at)} class="nowrap">
      {short(at)}
    </time>
  );

export const Field = ({
  label,
  hint,
  wrong,
  children,
}: Children & { label: string; hint?: ComponentChildren; wrong?: string | undefined }) => (
  // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
  <label class="field">
    <span>{label}</span>
    {children}
    {wrong !== undefined ? <span class="wrong">{wrong}</span> : hint !== undefined && <span class="hint">{hint}</span>}
  </label>
);

interface InputProps {
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly type?: 'text' | 'search' | 'password' | 'number' | 'datetime-local';
  readonly placeholder?: string;
  readonly name?: string;
  readonly list?: string;
  readonly wrong?: boolean;
  readonly mono?: boolean;
  readonly autoComplete?: string;
  readonly focus?: boolean;
}

export function Input({ value, onValue, type = 'text', placeholder, name, list, wrong, mono, autoComplete = 'off', focus }: InputProps) {
  const own = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (focus === true) own.current?.focus();
  }, [focus]);
  return (
    <input
      ref={own}
      class={`input ${mono === true ? 'mono' : ''}`}
      // Preact's types have one shape for each type of input; they do not differ in what is used here.
      type={type as 'text'}
      value={value}
      placeholder={placeholder}
      aria-label={name}
      list={list}
      aria-invalid={wrong === true}
      autocomplete={autoComplete}
      spellcheck={false}
      onInput={(event) => onValue(event.currentTarget.value)}
    />
  );
}

/** A search field that tells of its text when the typing rests. */
export function Find({ value, onValue, placeholder }: { value: string; onValue: (value: string) => void; placeholder: string }) {
  const [text, set] = useState(value);
  const latest = useRef(onValue);
  latest.current = onValue;
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => latest.current(text), 180);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <div class="find">
      <Icon name="search" />
      <Input type="search" value={text} onValue={set} placeholder={placeholder} name={placeholder} />
    </div>
  );
}

interface Choice {
  readonly value: string;
  readonly text: string;
}

export const Select = ({
  value,
  onValue,
  choices,
  name,
}: {
  value: string;
  onValue: (value: string) => void;
  choices: readonly Choice[];
  name?: string;
}) => (
  <select class="input" value={value} aria-label={name} onChange={(event) => onValue(event.currentTarget.value)}>
    {choices.map((choice) => (
      <option key={choice.value} value={choice.value}>
        {choice.text}
      </option>
    ))}
  </select>
);

export const Segments = ({
  value,
  onValue,
  choices,
  name,
}: {
  value: string;
  onValue: (value: string) => void;
  choices: readonly Choice[];
  name: string;
}) => (
  <fieldset class="segments" aria-label={name}>
    {choices.map((choice) => (
      <button key={choice.value} type="button" aria-pressed={choice.value === value} onClick={() => onValue(choice.value)}>
        {choice.text}
      </button>
    ))}
  </fieldset>
);

export const Check = ({ on, onChange, children }: Children & { on: boolean; onChange: (on: boolean) => void }) => (
  <label class="check">
    <input type="checkbox" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
    <span>{children}</span>
  </label>
);

/** A line to be copied, with a button that does it. */
export function Copy({ text }: { text: string }) {
  const [done, set] = useState(false);
  const copy = (): void => {
    navigator.clipboard?.writeText(text).then(
      () => set(true),
      () => set(false), // the text can still be marked by hand
    );
  };
  return (
    <div class="copy">
      <code>{text}</code>
      <Button icon={done ? 'ok' : 'copy'} onPress={copy}>
        {done ? words.common.copied : words.common.copy}
      </Button>
    </div>
  );
}

export const Tags = ({ of, all = false }: { of: readonly string[]; all?: boolean }) => (
  <span class={all ? 'tags all' : 'tags'}>
    {of.map((name) => (
      <span class="tag" key={name}>
        {name}
      </span>
    ))}
  </span>
);
