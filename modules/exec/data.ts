import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Ctx, call, execModule, type Returnable } from '../define.ts';

type Store = Map<string, Returnable>;
const KEY = { type: 'any', required: true, doc: 'the key' } as const;
const VALUE = { type: 'any', required: true, doc: 'the value' } as const;
const DEFAULT = { type: 'any', doc: 'where there is none' } as const;

/** Of our own, in JSON: Salt's `datastore` beside it is packed and not read. */
const placeOf = (ctx: Ctx): string => join(String(ctx.config['cachedir'] ?? '/var/cache/salt/minion'), 'datastore.json');
const nameOf = (key: Returnable): string => (typeof key === 'string' ? key : JSON.stringify(key));

const load = async (ctx: Ctx): Promise<Store> => {
  const text = await readFile(placeOf(ctx), 'utf8').catch(() => '{}');
  try {
    return new Map(Object.entries(JSON.parse(text) as Record<string, Returnable>));
  } catch {
    ctx.log.warn(`${placeOf(ctx)} is not JSON and counts as empty`);
    return new Map();
  }
};
const save = async (ctx: Ctx, store: Store): Promise<void> => {
  const place = placeOf(ctx);
  await mkdir(join(place, '..'), { recursive: true });
  await writeFile(`${place}.new`, JSON.stringify(Object.fromEntries(store)), { mode: 0o600 });
  await rename(`${place}.new`, place);
};

const isMap = (value: Returnable): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

export default execModule({
  name: 'data',
  doc: 'Values that the minion keeps, by key.',
  calls: {
    clear: call({
      doc: 'Forget everything.',
      examples: ["tsalt '*' data.clear"],
      args: {},
      changes: true,
      async run(ctx) {
        await rm(placeOf(ctx), { force: true });
        return true;
      },
    }),
    load: call({
      doc: 'Everything kept.',
      examples: ["tsalt '*' data.load"],
      args: {},
      changes: false,
      run: (ctx) => load(ctx),
    }),
    dump: call({
      doc: 'Keep this map instead of what was kept.',
      examples: [`tsalt '*' data.dump '{"eggs": "spam"}'`],
      args: { new_data: { type: 'any', required: true, doc: 'a map' } },
      changes: true,
      async run(ctx, { new_data }) {
        if (!isMap(new_data)) return false;
        await save(
          ctx,
          new Map(new_data instanceof Map ? [...new_data].map(([key, value]) => [String(key), value]) : Object.entries(new_data as object)),
        );
        return true;
      },
    }),
    update: call({
      doc: 'Keep a value.',
      examples: ["tsalt '*' data.update <key> <value>"],
      args: { key: KEY, value: VALUE },
      changes: true,
      async run(ctx, { key, value }) {
        await save(ctx, (await load(ctx)).set(nameOf(key), value));
        return true;
      },
    }),
    cas: call({
      doc: 'Keep a value if the one kept is as expected.',
      examples: ["tsalt '*' data.cas <key> <value> <old_value>"],
      args: { key: KEY, value: VALUE, old_value: { type: 'any', required: true, doc: 'the value expected' } },
      changes: true,
      async run(ctx, { key, value, old_value }) {
        const store = await load(ctx);
        if (!store.has(nameOf(key)) || !isDeepStrictEqual(store.get(nameOf(key)), JSON.parse(JSON.stringify(old_value)))) return false;
        await save(ctx, store.set(nameOf(key), value));
        return true;
      },
    }),
    pop: call({
      doc: 'Forget a value, and return it.',
      examples: [`tsalt '*' data.pop queue_all_pos default='["one"]'`],
      args: { key: KEY, default: DEFAULT },
      changes: true,
      async run(ctx, args) {
        const store = await load(ctx);
        const value = store.get(nameOf(args.key)) ?? args.default ?? null;
        store.delete(nameOf(args.key));
        await save(ctx, store);
        return value;
      },
    }),
    get: call({
      doc: 'A value, or of a list of keys those there are.',
      examples: ["tsalt '*' data.get key", `tsalt '*' data.get '["key1", "key2"]'`],
      args: { key: KEY, default: DEFAULT },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        const store = await load(ctx);
        const missing = args.default ?? null;
        if (!Array.isArray(args.key)) return store.get(nameOf(args.key)) ?? missing;
        const keys = (args.key as readonly Returnable[]).map(nameOf);
        return (missing === null ? keys.filter((key) => store.has(key)) : keys).map((key) => store.get(key) ?? missing);
      },
    }),
    keys: call({
      doc: 'The keys.',
      examples: ["tsalt '*' data.keys"],
      args: {},
      changes: false,
      run: async (ctx) => [...(await load(ctx)).keys()],
    }),
    values: call({
      doc: 'The values.',
      examples: ["tsalt '*' data.values"],
      args: {},
      changes: false,
      run: async (ctx) => [...(await load(ctx)).values()],
    }),
    items: call({
      doc: 'Everything kept.',
      examples: ["tsalt '*' data.items"],
      args: {},
      changes: false,
      run: (ctx) => load(ctx),
    }),
    has_key: call({
      doc: 'Whether there is such a key.',
      examples: ["tsalt '*' data.has_key <mykey>"],
      args: { key: KEY },
      changes: false,
      run: async (ctx, { key }) => (await load(ctx)).has(nameOf(key)),
    }),
  },
});
