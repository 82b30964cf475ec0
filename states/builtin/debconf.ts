import { fromPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import { isTrue } from '../../kernel/render/python/value.ts';
import type { ArgsOf, Returnable } from '../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../define.ts';

const NAME = { type: 'string', required: true, doc: 'the package' } as const;
const SET = {
  name: NAME,
  data: { type: 'map', required: true, doc: 'answers by question, each a map with `type` and `value`' },
} as const;
const FILE = {
  name: { ...NAME, doc: 'any name' },
  source: { type: 'string', required: true, doc: 'the file, as `debconf-get-selections` writes it' },
  template: { type: 'string', doc: 'the engine that renders it first' },
  context: { type: 'any', doc: 'variables of the template' },
  defaults: { type: 'any', doc: 'variables of the template where there are none' },
} as const;

interface Answer {
  readonly question: string;
  readonly type: string;
  readonly value: string;
}
type Raw = Readonly<Record<string, Readonly<Record<'type' | 'value', Returnable>>>>;

/** debconf knows `true` and `false` alone. */
const answersOf = (data: Readonly<Record<string, Returnable>>): Answer[] =>
  Object.entries(data as Raw).map(([question, { type, value }]) => {
    const given = fromPlain(value);
    return { question, type: str(fromPlain(type)), value: type === 'boolean' ? String(isTrue(given)) : str(given) };
  });

async function set(ctx: StateCtx, { name, data }: ArgsOf<typeof SET>): Promise<Verdict> {
  const current = ((await ctx.call('debconf.show', [name])) ?? []) as readonly (readonly string[])[];
  const isThere = ({ question, type, value }: Answer): boolean =>
    current.some(([known, kind, answer]) => known === question && kind === type && answer === value);
  const answers = answersOf(data);
  const open = answers.filter((answer) => !isThere(answer));
  if (open.length === 0) return inOrder('All specified answers are already set');
  const kept = answers.filter(isThere);
  const comment = kept.length === 0 ? '' : `Unchanged answers: ${kept.map(({ question }) => `${question} `).join('')}`;
  return {
    predicted: { comment, changes: Object.fromEntries(open.map(({ question, value }) => [question, `New value: ${value}`])) },
    apply: async () => await answer(ctx, name, open, comment),
  };
}

async function answer(ctx: StateCtx, name: string, open: readonly Answer[], comment: string): Promise<Outcome> {
  const changes: Record<string, string> = {};
  let result = true;
  for (const { question, type, value } of open) {
    const done = (await ctx.call('debconf.set', [name, question, type, value])) === true;
    result &&= done;
    changes[question] = done ? (type === 'password' ? '(password hidden)' : value) : 'Failed to set!';
  }
  return result ? inOrder(comment, changes) : failed('Some settings failed to be applied.', changes);
}

async function setFile(ctx: StateCtx, { source, template, context, defaults }: ArgsOf<typeof FILE>): Promise<Verdict> {
  const isMap = (value: Returnable | undefined): boolean => value === undefined || (typeof value === 'object' && !Array.isArray(value));
  if (!isMap(context)) return failed('Context must be formed as a dict');
  if (!isMap(defaults)) return failed('Defaults must be formed as a dict');
  return {
    predicted: { comment: 'Debconf selections would have been set.', changes: {} },
    apply: async () => {
      const set = template
        ? ctx.call('debconf.set_template', [source, template, context ?? {}, defaults ?? {}], ctx.extra)
        : ctx.call('debconf.set_file', [source], ctx.extra);
      return (await set) === true ? inOrder('Debconf selections were set.') : failed('Unable to set debconf selections from file.');
    },
  };
}

/** Answers to the questions that packages ask. */
export default stateModule({
  name: 'debconf',
  doc: 'Answers to the questions that packages ask (Debian).',
  serves: (host) => host.osFamily === 'Debian' || 'debconf state only runs on Debian systems',
  states: {
    set: state({
      doc: 'Answers that are set.',
      examples: [
        'nullmailer-debconf:\n  debconf.set:\n    - name: nullmailer\n    - data:\n        shared/mailname: {type: string, value: server.example.org}',
      ],
      args: SET,
      extra: 'anything',
      check: set,
    }),
    set_file: state({ doc: 'The answers of a file, set.', args: FILE, extra: 'those of `debconf.set_file`', check: setFile }),
  },
});
