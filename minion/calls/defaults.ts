import { readFile } from 'node:fs/promises';
import { BadArguments } from '../../kernel/loader/errors.ts';
import { fromPlain, toPlain } from '../../kernel/render/python/plain.ts';
import { isDict, type Value } from '../../kernel/render/python/value.ts';
import { loadYaml } from '../../kernel/render/yaml/index.ts';
import { CallRefused, CommandFailed, type Ctx, call, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { valueAt } from './path.ts';
import type { Ports } from './ports.ts';
import { deepCopy, update } from './slsutil/merge.ts';

const DEST = { type: 'any', required: true, doc: 'the map below; a template sees its own altered' } as const;
const MERGING = {
  in_place: { type: 'boolean', default: true, doc: 'alter dest rather than a copy of it' },
  convert_none: { type: 'boolean', default: true, doc: 'take None for an empty map' },
} as const;

/** Default values that come with formulas. */
export default function defaults(_ports: Ports) {
  return execModule({
    name: 'defaults',
    doc: 'Default values that come with formulas, and merging them.',
    calls: {
      get: call({
        doc: 'A value of the defaults.yaml or defaults.json of a formula.',
        examples: ["tsalt '*' defaults.get core:users:root"],
        args: {
          key: { type: 'string', required: true, doc: 'the formula, and keys behind colons' },
          default: { type: 'any', default: '', doc: 'where there is no such value' },
        },
        changes: false,
        async run(ctx, { key, default: missing }): Promise<Returnable> {
          const [, formula = key, path] = /^([^:]*):(.*)$/s.exec(key) ?? [];
          const values = await valuesOf(ctx, formula);
          if (path === undefined || path === '') return values;
          return values === null ? missing : (valueAt(values, path) ?? missing);
        },
      }),
      merge: call({
        doc: 'Write one map over another, as formulas do with their defaults.',
        examples: [`tsalt '*' defaults.merge '{a: b}' '{d: e}'`],
        args: {
          dest: DEST,
          src: { type: 'any', required: true, doc: 'the map above' },
          merge_lists: { type: 'boolean', default: false, doc: 'join lists rather than replace them' },
          ...MERGING,
        },
        changes: false,
        run: (_ctx, args) => {
          if (args.dest === null && args.convert_none && args.in_place)
            throw new BadArguments("Can't perform in-place merge into NoneType");
          const [dest, src] = [args.dest, args.src].map((map) => fromPlain(args.convert_none ? (map ?? {}) : map));
          return toPlain(update(dest as Value, src as Value, { lists: args.merge_lists })) as Returnable;
        },
      }),
      deepcopy: call({
        doc: 'A copy of a value that shares nothing with it.',
        examples: [`tsalt '*' defaults.deepcopy '{a: b}'`],
        args: { source: { type: 'any', required: true, doc: 'the value' } },
        changes: false,
        run: (_ctx, { source }) => source,
      }),
      update: call({
        doc: 'Lay defaults under each value of a map.',
        examples: [`tsalt '*' defaults.update '{web: {port: 80}}' '{host: localhost}'`],
        args: {
          dest: DEST,
          defaults: { type: 'any', required: true, doc: 'the defaults' },
          merge_lists: { type: 'boolean', default: true, doc: 'join lists rather than replace them' },
          ...MERGING,
        },
        changes: false,
        run: (_ctx, args) => {
          if (args.dest === null && args.in_place) throw new BadArguments("Can't perform in-place update into NoneType");
          const nodes = fromPlain(args.dest ?? {});
          if (!isDict(nodes)) throw new CallRefused('defaults.update takes a map of maps');
          const under = fromPlain(args.convert_none ? (args.defaults ?? {}) : args.defaults);
          for (const [name, node] of nodes)
            nodes.set(name, update(deepCopy(under), node ?? new Map(), { lists: args.merge_lists }) as never);
          return toPlain(nodes) as Returnable;
        },
      }),
    },
  });
}

/** The defaults of a formula, null where it has none. */
async function valuesOf(ctx: Ctx, formula: string): Promise<Returnable> {
  for (const name of ['yaml', 'json']) {
    const url = `salt://${formula}/defaults.${name}`;
    const cached = await ctx.call('cp.cache_file', [url]);
    if (typeof cached !== 'string' || cached === '') continue;
    const text = await readFile(cached, 'utf8');
    try {
      const values = name === 'yaml' ? toPlain(loadYaml(text)) : JSON.parse(text);
      return values || {};
    } catch (error) {
      throw new CommandFailed(`${url} cannot be read: ${messageOf(error)}`);
    }
  }
  return null;
}
