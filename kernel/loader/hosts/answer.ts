import { entriesOf } from '../arguments.ts';
import type { Given, Others, Run } from '../callable.ts';
import type { Message } from './frames.ts';

/** The reply to what a module in another process asks of the minion; undefined where none is expected. */
export type Answer = (message: Message, others: Others, run: Run) => Promise<Message | undefined>;

/** Answers `has`, `own`, `names` and `call`; `refusal` words what a call throws in the language of the module. */
export const answerBy =
  (refusal: (thrown: unknown) => Message): Answer =>
  async (message, others, run) => {
    const fun = String(message['fun']);
    switch (message['op']) {
      case 'has':
        return { value: await others.has(fun) };
      case 'own':
        return { value: await others.own(fun) };
      case 'names':
        return { value: await others.names() };
      case 'call':
        return await others.call(fun, givenOf(message), run).then(
          (value) => ({ ok: true, value }),
          (thrown: unknown) => ({ ok: false, ...refusal(thrown) }),
        );
      default:
        return { ok: false, kind: 'MinionError', message: `the minion does not know the request ${String(message['op'])}` };
    }
  };

/** The arguments in a message: `args` and `kwargs`. */
export const givenOf = (message: Message): Given => ({
  positional: Array.isArray(message['args']) ? message['args'] : [],
  keywords: new Map((entriesOf(message['kwargs']) ?? []).map(([name, value]) => [String(name), value])),
});
