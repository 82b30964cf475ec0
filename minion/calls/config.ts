import { pythonText } from '../../kernel/loader/arguments.ts';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import { call, execModule, type Returnable } from '../../modules/define.ts';
import { DEFAULTS } from './config/defaults.ts';
import { isTree, merged, type Tree, valueAt } from './path.ts';
import type { Ports } from './ports.ts';

const omit = (what: string) => ({ type: 'boolean', default: false, doc: `do not look into ${what}` }) as const;
const OMITS = {
  omit_opts: omit("the minion's options"),
  omit_grains: omit('the grains'),
  omit_pillar: omit('the pillar'),
  omit_master: omit("the master's options"),
};
const PROTOCOLS = ['salt:', 'http:', 'https:', 'ftp:', 'file:', 's3:', 'swift:'];

type Omitted = {
  readonly omit_opts?: boolean;
  readonly omit_grains?: boolean;
  readonly omit_pillar?: boolean;
  readonly omit_master?: boolean;
};

/** Settings, wherever they stand: options, grains, pillar, and the master's options where it shares them. */
export default function config(ports: Ports) {
  const options = (): Tree => ports.options() as Tree;
  const masters = (): Tree => (isTree(ports.pillar.items['master']) ? ports.pillar.items['master'] : {});
  /** First found counts. */
  const places = (omitted: Omitted): Tree[] => [
    ...(omitted.omit_opts === true ? [] : [options()]),
    ...(omitted.omit_grains === true ? [] : [ports.grains.items]),
    ...(omitted.omit_pillar === true ? [] : [ports.pillar.items]),
    ...(omitted.omit_master === true ? [] : [masters()]),
    DEFAULTS,
  ];

  return execModule({
    name: 'config',
    doc: 'Settings, wherever they stand: options, grains, pillar.',
    calls: {
      get: call({
        doc: 'The value at a path: of the options, else the grains, else the pillar.',
        examples: ["tsalt '*' config.get pkg:apache"],
        args: {
          key: { type: 'string', required: true, doc: 'the name, or a path' },
          default: { type: 'any', default: '', doc: 'where there is none' },
          delimiter: { type: 'string', default: ':', doc: 'between the levels of a path' },
          merge: { type: 'string', doc: 'join maps of all places: `recurse`, or `overwrite` whole entries' },
          omit_opts: OMITS.omit_opts,
          omit_pillar: OMITS.omit_pillar,
          omit_master: OMITS.omit_master,
          omit_grains: OMITS.omit_grains,
        },
        changes: false,
        run(_ctx, args) {
          const found = places(args)
            .map((place) => valueAt(place, args.key, args.delimiter))
            .filter((value) => value !== undefined);
          if (args.merge === undefined) return found.length === 0 ? args.default : (found[0] as Returnable);
          const join = args.merge === 'overwrite' ? overwritten : merged;
          const whole = found.reduceRight<Returnable | undefined>((under, over) => join(under, over as Returnable), undefined);
          return whole === undefined ? args.default : whole;
        },
      }),
      option: call({
        doc: 'The value of a name: of the options, else the grains, else the pillar.',
        examples: ["tsalt '*' config.option id"],
        args: {
          value: { type: 'string', required: true, doc: 'the name' },
          default: { type: 'any', doc: 'where there is none' },
          omit_opts: OMITS.omit_opts,
          omit_grains: OMITS.omit_grains,
          omit_pillar: OMITS.omit_pillar,
          omit_master: OMITS.omit_master,
          omit_all: omit('any of them'),
          wildcard: { type: 'boolean', default: false, doc: 'the name is a glob; answers a map' },
        },
        changes: false,
        run(_ctx, args) {
          const looked = args.omit_all ? [DEFAULTS] : places(args);
          if (!args.wildcard) {
            const place = looked.find((one) => Object.hasOwn(one, args.value));
            return place === undefined ? (args.default ?? '') : (place[args.value] ?? null);
          }
          const matches = globMatcher(args.value);
          const found: Record<string, Returnable> = {};
          for (const place of looked.toReversed())
            for (const [name, value] of Object.entries(place)) if (matches(name)) found[name] = value;
          return Object.keys(found).length > 0 ? found : (args.default ?? {});
        },
      }),
      merge: call({
        doc: 'The value of a name, maps and lists of options, master and pillar joined.',
        examples: ["tsalt '*' config.merge schedule"],
        args: {
          value: { type: 'string', required: true, doc: 'the name' },
          default: { type: 'any', default: '', doc: 'where there is none' },
          omit_opts: OMITS.omit_opts,
          omit_master: OMITS.omit_master,
          omit_pillar: OMITS.omit_pillar,
        },
        changes: false,
        run(_ctx, args) {
          const found = [args.omit_opts ? {} : options(), args.omit_master ? {} : masters(), args.omit_pillar ? {} : ports.pillar.items]
            .map((place: Tree) => place[args.value])
            .filter((value) => value !== undefined && value !== null);
          const [first, ...others] = found;
          if (first === undefined) return DEFAULTS[args.value] ?? args.default;
          if (!isTree(first) && !Array.isArray(first)) return first;
          return others.reduce<Returnable>((ours, other) => joined(ours, other ?? null), first);
        },
      }),
      items: call({
        doc: 'All options of this minion.',
        examples: ["tsalt '*' config.items"],
        args: {},
        changes: false,
        run: () => ({ ...options() }),
      }),
      valid_fileproto: call({
        doc: 'Whether this is a url that files can be fetched from.',
        examples: ["tsalt '*' config.valid_fileproto salt://path/to/file"],
        args: { uri: { type: 'string', required: true, doc: 'the url' } },
        changes: false,
        run: (_ctx, { uri }) => PROTOCOLS.includes(/^[a-z0-9+.-]+:/i.exec(uri)?.[0].toLowerCase() ?? ''),
      }),
      dot_vals: call({
        doc: 'All options whose name begins with this and a dot.',
        examples: ["tsalt '*' config.dot_vals host"],
        args: { value: { type: 'string', required: true, doc: 'what stands before the dot' } },
        changes: false,
        run(_ctx, { value }) {
          const found: Record<string, Returnable> = {};
          for (const place of [masters(), options()])
            for (const [name, set] of Object.entries(place)) if (name.startsWith(`${value}.`)) found[name] = set;
          return found;
        },
      }),
      manage_mode: call({
        doc: 'A file mode as text without leading zeros but with one, as states compare it.',
        examples: ["tsalt '*' config.manage_mode 644"],
        args: { mode: { type: 'any', required: true, doc: 'the mode' } },
        changes: false,
        run: (_ctx, { mode }) =>
          mode === null
            ? null
            : pythonText(mode)
                .replace(/^0o/, '0')
                .replace(/["']/g, '')
                .replace(/^0+(?=\d)/, '')
                .padStart(4, '0'),
      }),
      backup_mode: call({
        doc: 'The backup mode to use: the one given, else the option.',
        examples: ["tsalt '*' config.backup_mode"],
        args: { backup: { type: 'string', default: '', doc: 'a mode' } },
        changes: false,
        run: (_ctx, { backup }) => (backup !== '' ? backup : ((options()['backup_mode'] as Returnable) ?? '')),
      }),
    },
  });
}

/** Entries of the second map stand for those of the first. */
const overwritten = (under: Returnable | undefined, over: Returnable): Returnable =>
  isTree(under) && isTree(over) ? { ...under, ...over } : over;

/** Ours win in maps, and come first in lists. */
function joined(ours: Returnable, theirs: Returnable): Returnable {
  if (Array.isArray(ours) && Array.isArray(theirs)) return [...ours, ...theirs];
  return isTree(ours) && isTree(theirs) ? { ...theirs, ...ours } : ours;
}
