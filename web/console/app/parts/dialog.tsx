import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { words } from '../words.ts';
import { Button } from './basics.tsx';
import { Icon } from './icon.tsx';

/** A window before the page. Escape and the curtain close it. */
export function Dialog({
  onClose,
  name,
  class: look,
  children,
}: {
  onClose: () => void;
  name: string;
  class?: string;
  children: ComponentChildren;
}) {
  const own = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    own.current?.showModal();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click is on the curtain; for the keyboard there is Escape
    <dialog
      ref={own}
      class={look}
      aria-label={name}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === own.current) onClose();
      }}
    >
      <div>{children}</div>
    </dialog>
  );
}

interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly act: () => void;
}

const question = signal<Question | undefined>(undefined);

/** Asks before something that cannot be taken back. */
export const confirm = (asked: Question): void => {
  question.value = asked;
};

export function Confirm() {
  const asked = question.value;
  if (asked === undefined) return null;
  const close = (): void => {
    question.value = undefined;
  };
  return (
    <Dialog onClose={close} name={asked.title}>
      <h2>{asked.title}</h2>
      <p class="soft">{asked.text}</p>
      <div class="actions">
        <Button onPress={close}>{words.common.cancel}</Button>
        <Button
          kind="main"
          onPress={() => {
            close();
            asked.act();
          }}
        >
          {asked.yes}
        </Button>
      </div>
    </Dialog>
  );
}

interface Toast {
  readonly n: number;
  readonly mark: 'ok' | 'error';
  readonly text: string;
}

const toasts = signal<readonly Toast[]>([]);
let last = 0;

/** Tells something for a while. */
export function tell(text: string, mark: 'ok' | 'error' = 'ok'): void {
  last += 1;
  const n = last;
  toasts.value = [...toasts.value.slice(-3), { n, mark, text }];
  setTimeout(() => hide(n), mark === 'ok' ? 4000 : 12_000);
}

const hide = (n: number): void => {
  toasts.value = toasts.value.filter((toast) => toast.n !== n);
};

/** Does it, and tells how it went: what was refused is told in the server's words. @returns whether it was done */
export async function attempt(act: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await act();
    if (done !== undefined) tell(done);
    return true;
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error), 'error');
    return false;
  }
}

export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.value.map(({ n, mark, text }) => (
      <div class="note" key={n}>
        <span class={mark}>
          <Icon name={mark} />
        </span>
        <div>{text}</div>
        <Button kind="bare" small icon="close" name={words.common.close} onPress={() => hide(n)} />
      </div>
    ))}
  </div>
);
