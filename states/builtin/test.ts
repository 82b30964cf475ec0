import type { Returnable } from '../../modules/define.ts';
import { type Changes, failed, inOrder, type Outcome, type Plan, type StateCtx, state, stateModule } from '../define.ts';

const NAME = { type: 'any', required: true, doc: 'names the result' } as const;
const TOUCHED: Changes = { testing: { old: 'Unchanged', new: 'Something pretended to change' } };
const FORESEEN = "If we weren't testing, this would be successful with changes";

/** States that do nothing but end in a certain way. */
export default stateModule({
  name: 'test',
  doc: 'States that do nothing but end in a certain way.',
  states: {
    nop: state({ doc: 'Succeeds, changes nothing.', args: { name: NAME }, extra: 'anything', check: async () => inOrder('Success!') }),
    succeed_without_changes: state({
      doc: 'Succeeds, changes nothing.',
      args: { name: NAME, comment: { type: 'string', doc: 'instead of the usual comment' } },
      extra: 'anything',
      check: async (_ctx, { comment }) => inOrder(comment ?? 'Success!'),
    }),
    fail_without_changes: state({
      doc: 'Fails, changes nothing.',
      args: { name: NAME, comment: { type: 'string', doc: 'instead of the usual comment' } },
      extra: 'anything',
      check: async (_ctx, { comment }) => plan("If we weren't testing, this would be a failure!", {}, failed(comment ?? 'Failure!'), false),
    }),
    succeed_with_changes: state({
      doc: 'Succeeds and says it has changed something.',
      args: { name: NAME, comment: { type: 'string', doc: 'instead of the usual comment' } },
      extra: 'anything',
      check: async (_ctx, { comment }) => plan(FORESEEN, TOUCHED, inOrder(comment ?? 'Success!', TOUCHED)),
    }),
    fail_with_changes: state({
      doc: 'Fails and says it has changed something.',
      args: { name: NAME, comment: { type: 'string', doc: 'instead of the usual comment' } },
      extra: 'anything',
      check: async (_ctx, { comment }) =>
        plan("If we weren't testing, this would be failed with changes", TOUCHED, failed(comment ?? 'Failure!', TOUCHED)),
    }),
    configurable_test_state: state({
      doc: 'Ends as its arguments say.',
      args: {
        name: NAME,
        changes: { type: 'any', default: true, doc: 'true, false, or Random' },
        result: { type: 'any', default: true, doc: 'true, false, or Random' },
        comment: { type: 'string', default: '', doc: 'the comment' },
        warnings: { type: 'any', doc: 'a text or a list of texts' },
        allow_test_mode_failure: { type: 'boolean', default: false, doc: 'fail also when test=True' },
      },
      check: async (_ctx, args) => configurable(args),
    }),
    show_notification: state({
      doc: 'Shows a text as its comment.',
      args: { name: NAME, text: { type: 'string', required: true, doc: 'the text' } },
      extra: 'anything',
      check: async (_ctx, { text }) => inOrder(text),
    }),
    check_pillar: state({
      doc: 'Checks that pillar keys are there, and of what type they are.',
      args: {
        name: NAME,
        present: { type: 'any', doc: 'keys of any type' },
        boolean: { type: 'any', doc: 'keys of booleans' },
        integer: { type: 'any', doc: 'keys of whole numbers' },
        string: { type: 'any', doc: 'keys of texts' },
        listing: { type: 'any', doc: 'keys of lists' },
        dictionary: { type: 'any', doc: 'keys of maps' },
        verbose: { type: 'boolean', default: false, doc: 'name the keys in the comment' },
      },
      check: checkPillar,
    }),
  },
  watch: async (ctx, { comment, result }) => ({
    result: typeof result === 'boolean' ? result : true,
    comment: typeof comment === 'string' && comment !== '' ? comment : 'Watch statement fired.',
    changes: { 'Requisites with changes': ctx.changed },
  }),
});

function plan(comment: string, changes: Changes, outcome: Outcome, result: boolean | null = null): Plan {
  return { predicted: { comment, changes, result }, apply: async () => outcome };
}

interface Wish {
  readonly changes: Returnable;
  readonly result: Returnable;
  readonly comment: string;
  readonly warnings: Returnable | undefined;
  readonly allow_test_mode_failure: boolean;
}

function configurable({ changes, result, comment, warnings, allow_test_mode_failure }: Wish): Plan {
  const touched = choose(changes, 'changes') ? TOUCHED : {};
  const success = choose(result, 'result');
  const texts = (Array.isArray(warnings) ? warnings : warnings === undefined ? [] : String(warnings).split('\n')).map(String);
  const outcome: Outcome = { result: success, changes: touched, comment, warnings: texts };
  const changing = Object.keys(touched).length > 0;
  const foreseen = changing ? null : true;
  const shown = comment === '' ? 'This is a test' : comment;
  return {
    predicted: {
      comment: shown,
      changes: touched,
      warnings: texts,
      result: success === false && allow_test_mode_failure ? false : success ? foreseen : foreseen,
    },
    apply: async () => outcome,
  };
}

function choose(wish: Returnable, what: string): boolean {
  if (wish === 'Random') return Math.random() < 0.5;
  if (typeof wish === 'boolean') return wish;
  throw new Error(`You have specified the state option '${what}' with invalid arguments. It must be either True, False, or 'Random'`);
}

type PillarWishes = Readonly<Record<'present' | 'boolean' | 'integer' | 'string' | 'listing' | 'dictionary', Returnable | undefined>> & {
  readonly verbose: boolean;
};

/** Kinds of wishes in the order in which they are checked, each as Python prints its type. */
const PILLAR_TYPES: readonly (readonly [keyof PillarWishes, string, (value: Returnable) => boolean])[] = [
  ['present', '', () => true],
  ['boolean', "<class 'bool'>", (value) => typeof value === 'boolean'],
  ['integer', "<class 'int'>", (value) => typeof value === 'boolean' || (typeof value === 'number' && Number.isInteger(value))],
  ['string', "(<class 'str'>,)", (value) => typeof value === 'string'],
  ['listing', "<class 'list'>", (value) => Array.isArray(value)],
  ['dictionary', "<class 'dict'>", (value) => typeof value === 'object' && value !== null && !Array.isArray(value)],
];

const MISSING = '__tsalt_missing__';

async function checkPillar(ctx: StateCtx, wishes: PillarWishes): Promise<Outcome> {
  const wrong = new Map<string, string>();
  for (const [kind, type, fits] of PILLAR_TYPES) {
    for (const key of [wishes[kind] ?? []].flat().map(String)) {
      const value = await ctx.call('pillar.get', [key, MISSING], { unmask: true });
      if (value === null || value === MISSING) wrong.set(key, 'is missing');
      else if (!fits(value)) wrong.set(key, `is not ${type}`);
    }
  }
  if (wrong.size === 0) return inOrder('');
  return failed([...wrong].map(([key, why]) => `Pillar key "${key}" ${why}.\n`).join(''));
}
