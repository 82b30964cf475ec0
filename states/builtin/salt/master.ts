import type { Returnable } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';
import { failed, type Outcome, type StateCtx, state } from '../../define.ts';
import { evenInTest, isMap, type Values } from './common.ts';

/** What `saltutil.runner` and `saltutil.wheel` answer. */
interface Answer {
  readonly return: Returnable;
  readonly success: boolean;
}

const NAME = { type: 'string', required: true, doc: 'the function' } as const;

const steering = (kind: 'runner' | 'wheel', doc: string) => {
  const title = kind === 'runner' ? 'Runner' : 'Wheel';
  return state({
    doc,
    args: { name: NAME },
    extra: 'its arguments',
    check: async (ctx, { name }) => ({
      predicted: { comment: `${title} function '${name}' would be executed.`, changes: {} },
      apply: async () => {
        const full = kind === 'runner' ? { full_return: true } : {};
        const { return: value, success } = (await ctx.call(`saltutil.${kind}`, [name], { ...ctx.extra, ...full })) as unknown as Answer;
        const good = success && !(isMap(value) && 'Error' in value);
        return { result: good, comment: `${title} function '${name}' ${good ? 'executed' : 'failed'}.`, changes: { return: value } };
      },
    }),
  });
};

export const runner = steering('runner', 'A function of the master.');
export const wheel = steering('wheel', 'A function that changes the master.');

export const parallelRunners = state({
  doc: 'Several functions of the master, all at once.',
  args: {
    name: { type: 'string', required: true, doc: 'any' },
    runners: { type: 'any', required: true, doc: 'by a label of its own each: `name` and `kwarg`; or the name of one' },
  },
  extra: 'accepted and ignored',
  check: async (ctx, { runners }) => {
    const wanted = typeof runners === 'string' ? { [runners]: [{ name: runners }] } : runners;
    if (!isMap(wanted)) return failed('The runners parameter must be a string or dict.');
    return await evenInTest(ctx, () => runAll(ctx, wanted));
  },
});

async function runAll(ctx: StateCtx, wanted: Values): Promise<Outcome> {
  const runOne = async ([label, config]: [string, Returnable]): Promise<[string, Returnable]> => {
    const { name = label, kwarg = {} } = mergedOf(config);
    const kwargs = isMap(kwarg) ? kwarg : {};
    const { return: value } = (await ctx.call('saltutil.runner', [String(name)], { ...kwargs, full_return: true })) as unknown as Answer;
    return [label, value];
  };
  try {
    return ended(await Promise.all(Object.entries(wanted).map(runOne)));
  } catch (error) {
    return failed(`One of the runners raised an exception: ${messageOf(error)}`);
  }
}

function ended(answers: readonly (readonly [string, Returnable])[]): Outcome {
  const orchestrations = answers.every(([, value]) => isMap(value) && value['outputter'] === 'highstate' && 'data' in value);
  const bad = answers
    .filter(([, value]) => isMap(value) && Boolean(orchestrations ? (value['retcode'] ?? 0) : (value['exit_code'] ?? 0)))
    .map(([label]) => label);
  const comment =
    bad.length === 0
      ? 'All runner functions executed successfully.'
      : bad.length === 1
        ? `Runner ${bad[0]} failed.`
        : `Runners ${bad.join(', ')} failed.`;
  const changes = orchestrations
    ? Object.fromEntries(
        answers
          .map(([label, value]) => [label, changesIn(value)] as const)
          .filter(([, found]) => isMap(found) && Object.keys(found).length > 0),
      )
    : { ret: Object.fromEntries(answers) };
  return { result: bad.length === 0, comment, changes };
}

/** The changes that results of states hold, by what they are below. */
function changesIn(value: Returnable): Returnable {
  if (!isMap(value)) return {};
  const { changes } = value;
  if (changes !== undefined) return isMap(changes) && changes['out'] === 'highstate' && 'ret' in changes ? (changes['ret'] ?? {}) : changes;
  const found = Object.entries(value).map(([key, item]) => [key, changesIn(item)] as const);
  return Object.fromEntries(found.filter(([, item]) => !isMap(item) || Object.keys(item).length > 0));
}

/** A list of maps of one pair each, or one map. */
const mergedOf = (config: Returnable): Values =>
  Array.isArray(config) ? Object.assign({}, ...config.filter(isMap)) : isMap(config) ? config : {};
