import { call, execModule, type Returnable } from '../../define.ts';

/** Sets or removes one variable: its value, None when it was removed, False for what cannot be a value. */
function set(key: string, value: Returnable, unsets: boolean): Returnable {
  if (value === false && unsets) {
    delete process.env[key];
    return null;
  }
  const text = value === false ? '' : value;
  if (typeof text !== 'string' || key === '' || /[=\0]/.test(key) || text.includes('\0')) return false;
  process.env[key] = text;
  return text;
}

const isMap = (value: Returnable): value is Readonly<Record<string, Returnable>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Map);

const key = { type: 'any', required: true, doc: 'the variable' } as const;
const unsets = { type: 'boolean', default: false, doc: 'False as a value removes the variable; else it empties it' } as const;
const permanent = { type: 'any', default: false, doc: 'not used on this system' } as const;
const byDefault = { type: 'any', default: '', doc: 'what to answer for a variable that is not set' } as const;

export default execModule({
  name: 'environ',
  doc: "The minion's environment, which the programs that it starts inherit.\n\nWhat is set stays until the minion ends.",
  calls: {
    setval: call({
      doc: 'Set a variable: its value; False if it cannot be.',
      examples: ["tsalt '*' environ.setval foo bar", "tsalt '*' environ.setval baz val=False false_unsets=True"],
      args: { key, val: { type: 'any', required: true, doc: 'its value' }, false_unsets: unsets, permanent },
      changes: true,
      run: (_ctx, args) => typeof args.key === 'string' && set(args.key, args.val, args.false_unsets),
    }),
    setenv: call({
      doc: 'Set several variables: what environ.setval answers for each; False at once for one that cannot be a value.',
      examples: [`tsalt '*' environ.setenv '{"foo": "bar", "baz": "quux"}'`],
      args: {
        environ: { type: 'any', required: true, doc: 'variables with their values' },
        false_unsets: unsets,
        clear_all: { type: 'boolean', default: false, doc: 'as if all others were told as False' },
        update_minion: { type: 'boolean', default: false, doc: "not needed: it is the minion's own environment" },
        permanent,
      },
      changes: true,
      run(_ctx, { environ, false_unsets, clear_all }): Returnable {
        if (!isMap(environ)) return false;
        const others = clear_all ? Object.keys(process.env).filter((name) => !(name in environ)) : [];
        const done: Record<string, Returnable> = {};
        for (const name of others) done[name] = set(name, false, false_unsets);
        for (const [name, value] of Object.entries(environ)) {
          if (typeof value !== 'string' && value !== false) return false;
          done[name] = set(name, value, false_unsets);
        }
        return done;
      },
    }),
    get: call({
      doc: 'The value of a variable.',
      examples: ["tsalt '*' environ.get foo", "tsalt '*' environ.get baz default=False"],
      args: { key, default: byDefault },
      changes: false,
      run: (_ctx, args) => typeof args.key === 'string' && (process.env[args.key] ?? args.default),
    }),
    has_value: call({
      doc: 'Whether a variable is set, or has a value.',
      examples: ["tsalt '*' environ.has_value foo", "tsalt '*' environ.has_value foo bar"],
      args: { key, value: { type: 'any', doc: 'the value' } },
      changes: false,
      run(_ctx, args) {
        const now = typeof args.key === 'string' ? process.env[args.key] : undefined;
        return now !== undefined && (args.value === undefined || args.value === null || now === args.value);
      },
    }),
    item: call({
      doc: 'The values of a variable, or of several.',
      examples: ["tsalt '*' environ.item foo", "tsalt '*' environ.item '[foo, baz]' default=None"],
      args: { keys: { type: 'any', required: true, doc: 'a name, or a list' }, default: byDefault },
      changes: false,
      run(_ctx, args) {
        const names = typeof args.keys === 'string' ? [args.keys] : Array.isArray(args.keys) ? args.keys.map(String) : [];
        return Object.fromEntries(names.map((name) => [name, process.env[name] ?? args.default]));
      },
    }),
    items: call({
      doc: 'All variables.',
      examples: ["tsalt '*' environ.items"],
      args: {},
      changes: false,
      run: () => Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ''])),
    }),
  },
});
