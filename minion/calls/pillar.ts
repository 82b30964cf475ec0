import { CallRefused, CommandFailed, call, execModule, type Returnable } from '../../modules/define.ts';
import { isTree, isTruthy, merged, type Tree, valueAt } from './path.ts';
import type { Ports } from './ports.ts';

const STARS = '**********';
const UNMASK = { type: 'boolean', doc: 'show values instead of stars; what is shown goes into the job cache' } as const;
const PILLAR = { type: 'any', doc: 'a map of values to compile with; they win over those of files' } as const;
const ENVS = {
  pillarenv: { type: 'string', doc: 'compile from this environment alone' },
  saltenv: { type: 'string', doc: 'stands for pillarenv where the option pillarenv_from_saltenv is set' },
} as const;
const ITEMS_TAKES: readonly string[] = ['pillar', 'pillar_enc', 'pillarenv', 'saltenv', 'unmask'];
const FRESH = { pillar: PILLAR, ...ENVS, unmask: UNMASK } as const;

/** The data the master compiles for this minion. Values are stars unless asked for: results are kept and shown. */
export default function pillar(ports: Ports) {
  const fresh = async (args: {
    readonly pillar?: Returnable | undefined;
    readonly pillarenv?: string | undefined;
    readonly saltenv?: string | undefined;
  }): Promise<Tree> => {
    const fromEnv = ports.options()['pillarenv_from_saltenv'] === true ? args.saltenv : undefined;
    const env = args.pillarenv ?? fromEnv;
    return await ports.pillar.fresh({
      ...(env === undefined ? {} : { pillarenv: env }),
      ...(isTree(args.pillar) ? { override: args.pillar } : {}),
    });
  };
  const stored = async (args: { readonly pillarenv?: string | undefined; readonly saltenv?: string | undefined }): Promise<Tree> =>
    args.pillarenv === undefined && args.saltenv === undefined ? ports.pillar.items : await fresh(args);
  /** Only `items` and its kin ask the option: `pillar.get` masks whatever it says, as in Salt 3008. */
  const shown = (value: Returnable, unmask: boolean | undefined): Returnable =>
    (unmask ?? ports.options()['pillar_mask_output'] === false) ? value : masked(value);
  const pick = (tree: Tree, names: readonly Returnable[], fallback: Returnable, delimiter: string): Tree => {
    const found: Record<string, Returnable> = {};
    for (const name of names.map(String)) found[name] = valueAt(tree, name, delimiter) ?? fallback;
    return found;
  };

  const items = (name: string) =>
    call({
      doc: 'Compile the pillar now and show it, whole or the named keys.',
      examples: [`tsalt '*' pillar.${name}`, `tsalt '*' pillar.${name} unmask=True`],
      args: {},
      rest: 'keys or paths; all when absent',
      extra: '`pillar`, `pillarenv`, `saltenv`, `unmask`',
      changes: false,
      async run(ctx) {
        const args = readFresh(ctx.extra);
        if (ctx.rest.length > 0) return maskedUnless(args.unmask, pick(await stored(args), ctx.rest, '', ':'));
        return shown(await fresh(args), args.unmask);
      },
    });

  return execModule({
    name: 'pillar',
    doc: 'The data the master compiles for this minion.',
    calls: {
      items: items('items'),
      data: items('data'),
      get: call({
        doc: 'The value at a path into the pillar.',
        examples: ["tsalt '*' pillar.get pkg:apache", "tsalt '*' pillar.get pkg:apache unmask=True"],
        args: {
          key: { type: 'string', required: true, doc: 'the key, or a path' },
          default: { type: 'any', doc: 'where there is none' },
          merge: { type: 'boolean', default: false, doc: 'merge the value over the default, both maps or lists' },
          merge_nested_lists: { type: 'boolean', doc: 'append lists inside' },
          delimiter: { type: 'string', default: ':', doc: 'between the levels of a path' },
          pillarenv: ENVS.pillarenv,
          saltenv: ENVS.saltenv,
          unmask: UNMASK,
        },
        changes: false,
        async run(_ctx, args) {
          const found = valueAt(await stored(args), args.key, args.delimiter);
          if (found === undefined && args.default === undefined && ports.options()['pillar_raise_on_missing'] === true) {
            throw new CommandFailed(`Pillar key not found: ${args.key}`);
          }
          const fallback = args.default ?? '';
          const joins =
            args.merge && ((isTree(fallback) && isTree(found ?? {})) || (Array.isArray(fallback) && Array.isArray(found ?? [])));
          const value = joins
            ? merged(fallback, found ?? fallback, Array.isArray(fallback) || args.merge_nested_lists === true)
            : (found ?? fallback);
          return maskedUnless(args.unmask, value);
        },
      }),
      item: call({
        doc: 'Several values, by key or path.',
        examples: ["tsalt '*' pillar.item pkg:apache role"],
        args: {},
        rest: 'keys or paths',
        extra: '`default`, `delimiter`, `pillarenv`, `saltenv`, `unmask`',
        changes: false,
        async run(ctx) {
          const args = readFresh(ctx.extra);
          const delimiter = typeof ctx.extra['delimiter'] === 'string' ? ctx.extra['delimiter'] : ':';
          return maskedUnless(args.unmask, pick(await stored(args), ctx.rest, ctx.extra['default'] ?? '', delimiter));
        },
      }),
      ls: call({
        doc: 'The top-level keys of a pillar compiled now.',
        examples: ["tsalt '*' pillar.ls"],
        args: FRESH,
        changes: false,
        run: async (_ctx, args) => Object.keys(await fresh(args)),
      }),
      keys: call({
        doc: 'The keys of a map in the pillar.',
        examples: ["tsalt '*' pillar.keys web:sites"],
        args: {
          key: { type: 'string', required: true, doc: 'the path of the map' },
          delimiter: { type: 'string', default: ':', doc: 'between the levels' },
          unmask: UNMASK,
        },
        changes: false,
        run(_ctx, { key, delimiter }) {
          const found = valueAt(ports.pillar.items, key, delimiter);
          if (found === undefined) throw new CommandFailed(`Pillar key not found: ${key}`);
          if (!isTree(found)) throw new CommandFailed(`Pillar value in key ${key} is not a dict`);
          return Object.keys(found);
        },
      }),
      raw: call({
        doc: 'The pillar as it is loaded, or one key of it.',
        examples: ["tsalt '*' pillar.raw", "tsalt '*' pillar.raw role"],
        args: { key: { type: 'string', doc: 'a top-level key' }, unmask: { type: 'boolean', default: true, doc: 'false shows stars' } },
        changes: false,
        run: (_ctx, { key, unmask }) =>
          maskedUnless(unmask, key === undefined ? { ...ports.pillar.items } : (ports.pillar.items[key] ?? {})),
      }),
      obfuscate: call({
        doc: 'A pillar compiled now, each value replaced by its type.',
        examples: ["tsalt '*' pillar.obfuscate"],
        args: FRESH,
        changes: false,
        run: async (_ctx, args) => types(shown(await fresh(args), args.unmask)),
      }),
    },
  });

  /** @throws CallRefused for keywords that are none of these */
  function readFresh(extra: Tree) {
    const unknown = Object.entries(extra).filter(([name]) => !ITEMS_TAKES.includes(name) && !name.startsWith('__'));
    if (unknown.length > 0) {
      const pairs = unknown.map(([name, value]) => `${name}=${String(value)}`);
      throw new CallRefused(`The following keyword arguments are not valid: ${pairs.join(', ')}`);
    }
    const text = (name: string): string | undefined => (typeof extra[name] === 'string' ? extra[name] : undefined);
    const unmask = extra['unmask'] === undefined || extra['unmask'] === null ? undefined : isTruthy(extra['unmask']);
    return { pillar: extra['pillar'], pillarenv: text('pillarenv'), saltenv: text('saltenv'), unmask };
  }
}

const maskedUnless = (unmask: boolean | undefined, value: Returnable): Returnable => (unmask === true ? value : masked(value));

/** Every value that tells something becomes stars; keys, empty texts, zero and False stay. */
export function masked(value: Returnable): Returnable {
  if (Array.isArray(value)) return value.map((item) => masked(item as Returnable));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, masked(item as Returnable)]));
  if (isTree(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item)]));
  if (value === null || !isTruthy(Number.isFinite(Number(value)) && typeof value === 'object' ? Number(value) : value)) return value;
  return STARS;
}

function types(value: Returnable): Returnable {
  if (Array.isArray(value)) return (value as readonly Returnable[]).map(types);
  if (isTree(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, types(item)]));
  return `<${typeName(value)}>`;
}

function typeName(value: Returnable): string {
  if (value === null) return 'NoneType';
  if (value instanceof Uint8Array) return 'bytes';
  const names: Readonly<Record<string, string>> = { string: 'str', boolean: 'bool', bigint: 'int', object: 'float' };
  return typeof value === 'number' ? (Number.isInteger(value) ? 'int' : 'float') : (names[typeof value] ?? 'dict');
}
