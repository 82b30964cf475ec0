import { equal } from '../../../kernel/render/python/compare.ts';
import { fromPlain } from '../../../kernel/render/python/plain.ts';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { holds, LISTING, listAbsent, listPresent } from './grain_lists.ts';
import { grainAt, named, PLACE, pathOf } from './grain_paths.ts';

const VALUE = { type: 'any', required: true, doc: 'the value' } as const;
const FORCE = { type: 'boolean', default: false, doc: 'also where a map or a list stands, or is to stand' } as const;

const SETTING = { name: PLACE.name, value: VALUE, delimiter: PLACE.delimiter, force: FORCE } as const;
const GONE = {
  name: PLACE.name,
  destructive: { type: 'boolean', default: false, doc: 'its name goes as well; else its value is then None' },
  delimiter: PLACE.delimiter,
  force: FORCE,
} as const;
const APPENDED = {
  name: PLACE.name,
  value: { ...VALUE, doc: 'what the list is to hold' },
  convert: { type: 'boolean', default: false, doc: 'a grain that is no list becomes one' },
  delimiter: PLACE.delimiter,
} as const;

type Changed = { readonly result: boolean; readonly comment: string; readonly changes: Readonly<Record<string, Returnable>> };

async function exists(ctx: StateCtx, args: ArgsOf<typeof PLACE>): Promise<Verdict> {
  const path = pathOf(args);
  return named(path, (await grainAt(ctx, path)) === undefined ? failed('Grain does not exist') : inOrder('Grain exists'));
}

async function present(ctx: StateCtx, args: ArgsOf<typeof SETTING>): Promise<Verdict> {
  const { value = null, force } = args;
  const path = pathOf(args);
  const now = await grainAt(ctx, path);
  if (now !== undefined && equal(fromPlain(now), fromPlain(value))) return named(path, inOrder('Grain is already set'));
  const predicted =
    now === undefined
      ? { comment: `Grain ${path} is set to be added`, changes: { new: path } }
      : { comment: `Grain ${path} is set to be changed`, changes: { changed: { [path]: value } } };
  return {
    predicted: { ...predicted, more: { name: path } },
    apply: async () => {
      const { result, comment, changes } = (await ctx.call('grains.set', [path, value], { force })) as Changed;
      const isSet = result && Object.keys(changes).length > 0;
      return named(path, { result, comment: isSet ? `Set grain ${path} to ${shown(value)}` : comment, changes });
    },
  };
}

async function absent(ctx: StateCtx, args: ArgsOf<typeof GONE>): Promise<Verdict> {
  const { destructive, force } = args;
  const path = pathOf(args);
  const now = await grainAt(ctx, path);
  if (now === undefined) return named(path, inOrder(`Grain ${path} does not exist`));
  const deleted = { deleted: path };
  const emptied = { grain: path, value: null };
  const foretold = destructive
    ? { comment: `Grain ${path} is set to be deleted`, changes: deleted }
    : now === null
      ? { comment: '', changes: {} }
      : { comment: `Value for grain ${path} is set to be deleted (None)`, changes: emptied };
  return {
    predicted: { ...foretold, more: { name: path } },
    apply: async () => {
      const done = (await ctx.call('grains.set', [path, null], { destructive, force })) as Changed;
      if (!done.result) return named(path, done);
      if (destructive) return named(path, inOrder(`Grain ${path} was deleted`, deleted));
      return named(path, now === null ? done : inOrder(`Value for grain ${path} was set to None`, emptied));
    },
  };
}

async function append(ctx: StateCtx, args: ArgsOf<typeof APPENDED>): Promise<Verdict> {
  const { value = null, convert } = args;
  const path = pathOf(args);
  const now = await grainAt(ctx, path);
  const more = { name: path };
  const changes = { added: value };
  if (now === undefined) return named(path, failed(`Grain ${path} does not exist`));
  const done = (): Outcome => named(path, inOrder(`Value ${shown(value)} was added to grain ${path}`, changes));
  if (!Array.isArray(now)) {
    if (!convert) return named(path, failed(`Grain ${path} is not a valid list`));
    return {
      predicted: { comment: `Grain ${path} is set to be converted to list and value ${shown(value)} will be added`, changes, more },
      apply: async () => {
        await ctx.call('grains.setval', [path, now === null ? [value] : [now, value]]);
        return done();
      },
    };
  }
  if (holds(now, value)) return named(path, inOrder(`Value ${shown(value)} is already in the list for grain ${path}`));
  return {
    predicted: { comment: `Value ${shown(value)} in grain ${path} is set to be added`, changes, more },
    apply: async () => {
      await ctx.call('grains.append', [path, value]);
      return done();
    },
  };
}

/** Grains that are set. */
export default stateModule({
  name: 'grains',
  doc: 'Grains that the minion keeps in its file of grains.',
  states: {
    exists: state({ doc: 'There is such a grain, whatever its value.', args: PLACE, check: exists }),
    present: state({
      doc: 'A grain that has this value.',
      examples: ['cheese:\n  grains.present:\n    - value: edam'],
      args: SETTING,
      check: present,
    }),
    absent: state({ doc: 'A grain that has no value, or is not there.', args: GONE, check: absent }),
    append: state({ doc: 'A grain that is there is a list that holds this value.', args: APPENDED, check: append }),
    list_present: state({
      doc: 'A grain is a list that holds these values.',
      examples: ['roles:\n  grains.list_present:\n    - value:\n      - web\n      - dev'],
      args: LISTING,
      check: listPresent,
    }),
    list_absent: state({ doc: 'A grain that is a list does not hold these values.', args: LISTING, check: listAbsent }),
  },
});
