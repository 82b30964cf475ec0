import { isDeepStrictEqual } from 'node:util';
import { fromPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import { CommandFailed, call, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { filterBy } from './grains/filter_by.ts';
import { nested } from './grains/nest.ts';
import { isTree, isTruthy, type Tree, valueAt } from './path.ts';
import type { Ports } from './ports.ts';

const KEY = { type: 'string', required: true, doc: 'the grain; a path goes down with the delimiter' } as const;
const DELIMITER = { type: 'string', default: ':', doc: 'between the levels of a path' } as const;
const DESTRUCTIVE = { type: 'boolean', default: false, doc: 'remove the grain where the value is null' } as const;
const HIDDEN = 'MINION';
const textOf = (value: Returnable): string => str(fromPlain(value));

/** What the minion knows of itself, and what the administrator adds to it. */
export default function grains(ports: Ports) {
  const here = (): Tree => ports.grains.items;

  const setvals = async (values: Tree, destructive: boolean, refreshPillar: boolean): Promise<Tree> => {
    const kept = await ports.grainsFile.read();
    for (const [key, value] of Object.entries(values)) {
      if (value === null && destructive) delete kept[key];
      else kept[key] = value;
    }
    await ports.grainsFile.write(kept);
    await ports.grains.refresh();
    if (refreshPillar) await ports.pillar.refresh().catch((error: unknown) => warn(messageOf(error)));
    return values;
  };
  const warn: (text: string) => void = () => undefined;

  /** Puts a list at the end of a path; what stands in its way goes. */
  const write = async (path: string, list: readonly Returnable[], delimiter: string): Promise<Tree> => {
    const placed = nested(here(), path, list, { delimiter, destructive: false, force: true });
    if (typeof placed === 'string') throw new CommandFailed(placed);
    return await setvals({ [placed[0]]: placed[1] }, false, true);
  };

  const set = async (path: string, value: Returnable, options: { force: boolean; destructive: boolean; delimiter: string }) => {
    const old = valueAt(here(), path, options.delimiter);
    const result = { comment: '', changes: {} as Tree, result: true };
    if (old !== undefined && isDeepStrictEqual(old, value) && (value !== null || !options.destructive))
      return { ...result, comment: 'Grain is already set' };
    const complex = (thing: unknown): boolean => isTree(thing) || Array.isArray(thing);
    if (!options.force && old !== null && complex(old)) {
      return { ...result, result: false, comment: `The key '${path}' exists but is a dict or a list. Use 'force=True' to overwrite.` };
    }
    if (!options.force && old !== undefined && old !== null && complex(value)) {
      return {
        ...result,
        result: false,
        comment: `The key '${path}' exists and the given value is a dict or a list. Use 'force=True' to overwrite.`,
      };
    }
    const placed = nested(here(), path, value, options);
    if (typeof placed === 'string') return { ...result, result: false, comment: placed };
    const [key, whole] = placed;
    return { ...result, changes: await setvals({ [key]: whole }, options.destructive, true) };
  };

  const getter = (name: string) =>
    call({
      doc: 'The value of a grain, or of a path into one.',
      examples: [`tsalt '*' grains.${name} os`, `tsalt '*' grains.${name} pkg:apache`],
      args: {
        key: KEY,
        default: { type: 'any', default: '', doc: 'where there is none' },
        delimiter: DELIMITER,
        ordered: { type: 'boolean', default: true, doc: 'accepted for compatibility' },
      },
      changes: false,
      run: (_ctx, args) => {
        const value = valueAt(here(), args.key, args.delimiter);
        return value === undefined ? args.default : value;
      },
    });

  return execModule({
    name: 'grains',
    doc: 'What the minion knows of itself.',
    calls: {
      items: call({
        doc: 'All grains.',
        examples: ["tsalt '*' grains.items"],
        args: { sanitize: { type: 'boolean', default: false, doc: 'hide names and serial numbers' } },
        changes: false,
        run: (_ctx, { sanitize }) => (sanitize ? sanitized({ ...here() }) : { ...here() }),
      }),
      item: call({
        doc: 'One grain or several, by name.',
        examples: ["tsalt '*' grains.item os osrelease"],
        args: {},
        rest: 'names or paths',
        extra: '`default`, `delimiter` and `sanitize`',
        changes: false,
        run(ctx) {
          const found: Record<string, Returnable> = {};
          const delimiter = typeof ctx.extra['delimiter'] === 'string' ? ctx.extra['delimiter'] : ':';
          for (const name of ctx.rest.map(String)) found[name] = valueAt(here(), name, delimiter) ?? ctx.extra['default'] ?? '';
          return isTruthy(ctx.extra['sanitize']) ? sanitized(found) : found;
        },
      }),
      get: getter('get'),
      fetch: getter('fetch'),
      has_value: call({
        doc: 'Whether there is such a grain.',
        examples: ["tsalt '*' grains.has_value pkg:apache"],
        args: { key: KEY },
        changes: false,
        run: (_ctx, { key }) => valueAt(here(), key) !== undefined,
      }),
      equals: call({
        doc: 'Whether a grain has this value, compared as texts.',
        examples: ["tsalt '*' grains.equals os Debian"],
        args: { key: KEY, value: { type: 'any', required: true, doc: 'what it should be' } },
        changes: false,
        run: (_ctx, { key, value }) => textOf(valueAt(here(), key) ?? '') === textOf(value),
      }),
      ls: call({
        doc: 'The names of all grains, sorted.',
        examples: ["tsalt '*' grains.ls"],
        args: {},
        changes: false,
        run: () => Object.keys(here()).sort(),
      }),
      setval: call({
        doc: 'Set a grain, also over a restart.',
        examples: ["tsalt '*' grains.setval role web"],
        args: {
          key: { type: 'string', required: true, doc: 'the name of the grain' },
          val: { type: 'any', required: true, doc: 'its value' },
          destructive: DESTRUCTIVE,
          refresh_pillar: { type: 'boolean', default: true, doc: 'compile the pillar anew' },
        },
        changes: true,
        run: (_ctx, args) => setvals({ [args.key]: args.val }, args.destructive, args.refresh_pillar),
      }),
      setvals: call({
        doc: 'Set several grains, also over a restart.',
        examples: [`tsalt '*' grains.setvals "{'role': 'web', 'rack': 7}"`],
        args: {
          grains: { type: 'any', required: true, doc: 'a map of names to values' },
          destructive: DESTRUCTIVE,
          refresh_pillar: { type: 'boolean', default: true, doc: 'compile the pillar anew' },
        },
        changes: true,
        run(_ctx, args) {
          if (!isTree(args.grains)) throw new CommandFailed('setvals grains must be a dictionary.');
          return setvals(args.grains, args.destructive, args.refresh_pillar);
        },
      }),
      set: call({
        doc: 'Set the value at a path into the grains.',
        examples: ["tsalt '*' grains.set apps:web:port 8080"],
        args: {
          key: KEY,
          val: { type: 'any', default: '', doc: 'the value' },
          force: { type: 'boolean', default: false, doc: 'also where a map or list stands' },
          destructive: DESTRUCTIVE,
          delimiter: DELIMITER,
        },
        changes: true,
        run: (_ctx, { key, val, ...options }) => set(key, val, options),
      }),
      append: call({
        doc: 'Add a value to a grain that is a list.',
        examples: ["tsalt '*' grains.append roles web"],
        args: {
          key: KEY,
          val: { type: 'any', required: true, doc: 'what to add; of a list, each item' },
          convert: { type: 'boolean', default: false, doc: 'make a list of what is there' },
          delimiter: DELIMITER,
        },
        changes: true,
        async run(_ctx, { key, val, convert, delimiter }) {
          const old = valueAt(here(), key, delimiter);
          const list = old === undefined ? [] : Array.isArray(old) ? old : convert ? (old === null ? [] : [old]) : undefined;
          if (list === undefined) return `The key ${key} is not a valid list`;
          if (list.some((item) => isDeepStrictEqual(item, val))) return `The val ${textOf(val)} was already in the list ${key}`;
          return await write(key, [...list, ...(Array.isArray(val) ? val : [val])], delimiter);
        },
      }),
      remove: call({
        doc: 'Remove a value from a grain that is a list.',
        examples: ["tsalt '*' grains.remove roles web"],
        args: { key: KEY, val: { type: 'any', required: true, doc: 'what to remove' }, delimiter: DELIMITER },
        changes: true,
        async run(_ctx, { key, val, delimiter }) {
          const list = valueAt(here(), key, delimiter) ?? [];
          if (!Array.isArray(list)) return `The key ${key} is not a valid list`;
          const at = list.findIndex((item) => isDeepStrictEqual(item, val));
          if (at < 0) return `The val ${textOf(val)} was not in the list ${key}`;
          return await write(key, list.toSpliced(at, 1), delimiter);
        },
      }),
      delkey: call({
        doc: 'Remove a grain that was set, name and value.',
        examples: ["tsalt '*' grains.delkey role"],
        args: { key: KEY, force: { type: 'boolean', default: false, doc: 'also where it is a map or list' } },
        changes: true,
        run: (_ctx, { key, force }) => set(key, null, { force, destructive: true, delimiter: ':' }),
      }),
      delval: call({
        doc: 'Empty a grain that was set.',
        examples: ["tsalt '*' grains.delval role"],
        args: { key: KEY, destructive: DESTRUCTIVE, force: { type: 'boolean', default: false, doc: 'also where it is a map or list' } },
        changes: true,
        run: (_ctx, { key, destructive, force }) => set(key, null, { force, destructive, delimiter: ':' }),
      }),
      filter_by: call({
        doc: 'The entry of a map whose key a grain matches.',
        examples: [`tsalt '*' grains.filter_by "{'Debian': 'apt', 'RedHat': 'dnf'}"`],
        args: {
          lookup_dict: { type: 'map', required: true, doc: 'by values (or globs) of the grain' },
          grain: { type: 'string', default: 'os_family', doc: 'which grain' },
          merge: { type: 'any', doc: 'a map merged over the entry' },
          default: { type: 'string', default: 'default', doc: 'the key where none matches' },
          base: { type: 'string', doc: 'the key of an entry that lies under it' },
        },
        changes: false,
        run: (_ctx, args) => filterBy(args.lookup_dict, valueAt(here(), args.grain), args),
      }),
    },
  });
}

function sanitized(grains: Record<string, Returnable>): Record<string, Returnable> {
  const hide: Readonly<Record<string, (value: string) => string>> = {
    serialnumber: (value) => value.slice(0, Math.floor(value.length * 0.75)).padEnd(value.length, 'X'),
    domain: () => 'DOMAINNAME',
    fqdn: () => `${HIDDEN}.DOMAINNAME`,
    id: () => `${HIDDEN}.DOMAINNAME`,
    host: () => HIDDEN,
    localhost: () => HIDDEN,
    nodename: () => HIDDEN,
  };
  for (const [name, change] of Object.entries(hide)) if (name in grains) grains[name] = change(String(grains[name]));
  return grains;
}
