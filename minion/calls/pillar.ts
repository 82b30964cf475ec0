import { resolve } from 'node:path';
import { parse } from 'yaml';
import { type ArgsOf, CommandFailed, call, execModule, type Returnable } from '../../modules/define.ts';
import { filterBy } from './grains/filter_by.ts';
import { isTree, isTruthy, merged, type Tree, valueAt } from './path.ts';
import type { Ports } from './ports.ts';

const STARS = '**********';
const UNMASK = { type: 'boolean', doc: 'show values instead of stars; what is shown goes into the job cache' } as const;
const PILLAR = { type: 'any', doc: 'a map of values to compile with; they win over those of files' } as const;
const ENVS = {
  pillarenv: { type: 'string', doc: 'compile from this environment alone' },
  saltenv: { type: 'string', doc: 'stands for pillarenv where the option pillarenv_from_saltenv is set' },
} as const;
/** Of `pillar.items` and its kin. */
const FRESH = {
  pillar: { ...PILLAR, only: 'keyword' },
  pillar_enc: { type: 'string', only: 'keyword', doc: 'accepted for compatibility: an encrypted pillar= is refused' },
  pillarenv: { ...ENVS.pillarenv, only: 'keyword' },
  saltenv: { ...ENVS.saltenv, only: 'keyword' },
  unmask: { ...UNMASK, only: 'keyword' },
} as const;
type Fresh = ArgsOf<typeof FRESH>;

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

  const itemsOf = async (args: Fresh, names: readonly Returnable[]): Promise<Returnable> => {
    if (args.pillar_enc !== undefined) throw new CommandFailed('Failed to decrypt pillar override: pillar_enc is not provided');
    if (names.length > 0) return maskedUnless(undefined, pick(await stored(args), names, '', ':'));
    return shown(await fresh(args), args.unmask);
  };
  const items = (name: string) =>
    call({
      doc: 'Compile the pillar now and show it, whole or the named keys.',
      examples: [`tsalt '*' pillar.${name}`, `tsalt '*' pillar.${name} unmask=True`],
      args: FRESH,
      rest: 'keys or paths, which are shown masked; all when absent',
      changes: false,
      run: (ctx, args) => itemsOf(args, ctx.rest),
    });

  const getter = (name: string) =>
    call({
      doc: 'The value at a path into the pillar.',
      examples: [`tsalt '*' pillar.${name} pkg:apache`, `tsalt '*' pillar.${name} pkg:apache unmask=True`],
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
        const fallback = args.default === undefined ? '' : args.default;
        const joins = args.merge && ((isTree(fallback) && isTree(found ?? {})) || (Array.isArray(fallback) && Array.isArray(found ?? [])));
        const value = joins
          ? merged(fallback, found ?? fallback, Array.isArray(fallback) || args.merge_nested_lists === true)
          : found === undefined
            ? fallback
            : found;
        return maskedUnless(args.unmask, value);
      },
    });

  return execModule({
    name: 'pillar',
    doc: 'The data the master compiles for this minion.',
    calls: {
      items: items('items'),
      data: items('data'),
      get: getter('get'),
      fetch: getter('fetch'),
      item: call({
        doc: 'Several values, by key or path.',
        examples: ["tsalt '*' pillar.item pkg:apache role"],
        args: {
          default: { type: 'any', only: 'keyword', doc: 'where there is none' },
          delimiter: { type: 'string', only: 'keyword', doc: 'between the levels of a path; a colon when absent' },
          pillarenv: FRESH.pillarenv,
          saltenv: FRESH.saltenv,
          unmask: FRESH.unmask,
        },
        rest: 'keys or paths',
        changes: false,
        run: async (ctx, args) => maskedUnless(args.unmask, pick(await stored(args), ctx.rest, args.default ?? '', args.delimiter ?? ':')),
      }),
      ls: call({
        doc: 'The top-level keys of a pillar compiled now.',
        examples: ["tsalt '*' pillar.ls"],
        args: FRESH,
        rest: 'keys or paths: these instead',
        changes: false,
        run: async (ctx, args) => Object.keys((await itemsOf(args, ctx.rest)) as Tree),
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
        args: { key: { type: 'string', doc: 'a top-level key' }, unmask: { type: 'boolean', doc: 'False shows stars' } },
        changes: false,
        run: (_ctx, { key, unmask }) =>
          maskedUnless(unmask ?? true, key === undefined || key === '' ? { ...ports.pillar.items } : (ports.pillar.items[key] ?? {})),
      }),
      obfuscate: call({
        doc: 'A pillar compiled now, each value replaced by its type.',
        examples: ["tsalt '*' pillar.obfuscate"],
        args: FRESH,
        rest: 'keys or paths; all when absent',
        changes: false,
        run: async (ctx, args) => types(await itemsOf(args, ctx.rest)),
      }),
      ext: call({
        doc: 'A pillar compiled now with one external source, in place of those configured.',
        examples: [`tsalt '*' pillar.ext "{'git': 'master https://example.org/pillar.git'}"`],
        args: {
          external: { type: 'any', required: true, doc: 'the source, as under ext_pillar, or YAML of it; the master has to allow it' },
          pillar: PILLAR,
          unmask: UNMASK,
        },
        changes: false,
        async run(_ctx, { external, pillar, unmask }) {
          const ext: unknown = typeof external === 'string' ? parse(external) : external;
          const made = await ports.pillar.fresh({ ...(isTree(ext) ? { ext } : {}), ...(isTree(pillar) ? { override: pillar } : {}) });
          return maskedUnless(unmask, made);
        },
      }),
      file_exists: call({
        doc: 'Whether there is such a file in pillar_roots of this machine.',
        examples: ["tsalt '*' pillar.file_exists defaults.yml saltenv=base"],
        args: {
          path: { type: 'string', required: true, doc: 'the file, seen from the roots' },
          saltenv: { type: 'string', doc: 'only in this environment' },
        },
        changes: false,
        async run(ctx, { path, saltenv }) {
          const roots = ports.options()['pillar_roots'];
          if (!isTree(roots) || Object.keys(roots).length === 0)
            throw new CommandFailed('No pillar_roots found. Are you running this on the master?');
          for (const [env, folders] of Object.entries(roots)) {
            if (saltenv !== undefined && saltenv !== '' && env !== saltenv) continue;
            for (const folder of [folders].flat().map(String))
              if ((await ctx.call('file.file_exists', [resolve(folder, path)])) === true) return true;
          }
          return false;
        },
      }),
      filter_by: call({
        doc: 'The entry of a map whose key a value of the pillar matches.',
        examples: [`tsalt '*' pillar.filter_by '{web: Serve it up, db: I query}' role`],
        args: {
          lookup_dict: { type: 'map', required: true, doc: 'by values (or globs) of the pillar' },
          pillar: { type: 'string', required: true, doc: 'the path in the pillar' },
          merge: { type: 'any', doc: 'a map merged over the entry' },
          default: { type: 'string', default: 'default', doc: 'the key where none matches' },
          base: { type: 'string', doc: 'the key of an entry that lies under it' },
        },
        changes: false,
        run: (_ctx, args) => filterBy(args.lookup_dict, valueAt(ports.pillar.items, args.pillar), args),
      }),
    },
  });
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
