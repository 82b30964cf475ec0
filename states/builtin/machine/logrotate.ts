import { isDeepStrictEqual } from 'node:util';
import { isMapping } from '../../../kernel/targeting/python.ts';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'not used' },
  key: { type: 'string', required: true, doc: 'the directive, or the log file of a block' },
  value: { type: 'any', required: true, doc: 'its value (True for none, False to remove it), or the directive in the block' },
  setting: { type: 'any', doc: 'the value in the block: True for none, False to remove it' },
  conf_file: { type: 'string', default: '/etc/logrotate.conf', doc: 'the configuration' },
} as const;

/** Words that are whole numbers are numbers. */
const asNumber = (value: Returnable): Returnable => {
  const text = shown(value).trim();
  return /^[-+]?\d+$/.test(text) ? Number(text) : value;
};
/** To Python, True and 1 are equal. */
const comparable = (value: Returnable): Returnable => (typeof value === 'boolean' ? Number(value) : value);

/** What a block holds; a directive holds nothing. */
const directives = (found: Returnable): Readonly<Record<string, Returnable>> =>
  isMapping(found) ? (found as Readonly<Record<string, Returnable>>) : {};

/** What is to be set, and how it is spoken of. */
interface Setting {
  readonly title: string;
  readonly where: readonly Returnable[];
  readonly value: Returnable;
  readonly now: Returnable;
}

async function settingOf(ctx: StateCtx, { key, value, setting, conf_file }: ArgsOf<typeof ARGS>): Promise<Setting> {
  const isInBlock = setting !== undefined && setting !== null;
  const found = await ctx.call('logrotate.get', [key], { conf_file });
  const now = isInBlock ? (directives(found)[shown(value ?? null)] ?? false) : found;
  if (!isInBlock) return { title: `Command '${key}'`, where: [key], value: asNumber(value ?? null), now };
  return { title: `Block '${key}' command '${shown(value ?? null)}'`, where: [key, value ?? null], value: asNumber(setting), now };
}

async function set(ctx: StateCtx, args: ArgsOf<typeof ARGS>): Promise<Verdict> {
  const { title, where, value, now } = await settingOf(ctx, args);
  const text = shown(value);
  if (isDeepStrictEqual(comparable(now), comparable(value))) return inOrder(`${title} already has value: ${text}`);
  const changes = { old: now, new: value };
  return {
    predicted: { comment: `${title} will be set to value: ${text}`, changes },
    apply: async (): Promise<Outcome> => {
      const isSet = (await ctx.call('logrotate.set', [...where, value], { conf_file: args.conf_file })) as boolean;
      const verb = isSet ? 'Set' : 'Unable to set';
      return { result: isSet, comment: `${verb} ${title.charAt(0).toLowerCase()}${title.slice(1)} value: ${text}`, changes };
    },
  };
}

/** The configuration of logrotate. */
export default stateModule({
  name: 'logrotate',
  doc: 'The configuration of logrotate.',
  states: {
    set: state({
      doc: 'A directive of the configuration, or of a block in it.',
      examples: ['logrotate-rotate:\n  logrotate.set:\n    - key: rotate\n    - value: 2'],
      args: ARGS,
      check: set,
    }),
  },
});
