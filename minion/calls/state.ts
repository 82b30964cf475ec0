import { type Ctx, call, execModule, type Returnable } from '../../modules/define.ts';
import type { Ports } from './ports.ts';
import { conflicts, type Request, runSls, runTop, sentence } from './state/apply.ts';
import { showHigh, showLow, showTop } from './state/show.ts';
import { runHigh, runLow, runSingle } from './state/single.ts';

const MODS = { type: 'any', doc: 'names of SLS: a list, or text with commas' } as const;
const COMMON = {
  test: { type: 'boolean', doc: 'predict, do not change' },
  exclude: { type: 'any', doc: 'SLS or ids to leave out' },
  queue: { type: 'any', doc: 'wait for other state runs instead of refusing' },
  saltenv: { type: 'string', doc: 'the environment' },
  pillar: { type: 'map', doc: 'values over the pillar, for this run' },
  pillarenv: { type: 'string', doc: 'the environment of the pillar' },
  concurrent: { type: 'boolean', default: false, doc: 'run although another state run is under way' },
  terse: { type: 'boolean', default: false, doc: 'answer only what changed or failed' },
} as const;
const MORE = 'further keywords are accepted and ignored, as Salt does';

/** The state system: SLS files made true on this machine. */
export default function state(ports: Ports) {
  const requestOf = (args: Omit<Request, 'mods'> & { readonly mods?: Returnable | undefined }): Request => args;
  return execModule({
    name: 'state',
    doc: 'The state system: SLS files made true on this machine.',
    calls: {
      apply: call({
        doc: 'Apply the SLS named, or all that the top file gives this machine.',
        examples: ["tsalt '*' state.apply", "tsalt '*' state.apply nginx test=True"],
        args: { mods: MODS, ...COMMON },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) =>
          hasNames(args.mods) ? await runSls(ports, ctx, requestOf(args)) : await runTop(ports, ctx, requestOf(args)),
      }),
      highstate: call({
        doc: 'Apply all that the top file gives this machine.',
        examples: ["tsalt '*' state.highstate"],
        args: COMMON,
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runTop(ports, ctx, requestOf(args)),
      }),
      sls: call({
        doc: 'Apply the SLS named.',
        examples: ["tsalt '*' state.sls nginx,users"],
        args: { mods: { ...MODS, required: true }, ...COMMON },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runSls(ports, ctx, requestOf(args)),
      }),
      sls_id: call({
        doc: 'Apply one id of the SLS named, and what it requires.',
        examples: ["tsalt '*' state.sls_id web nginx"],
        args: { id_: { type: 'string', required: true, doc: 'the id' }, mods: { ...MODS, required: true }, ...COMMON },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runSls(ports, ctx, requestOf(args), args.id_),
      }),
      single: call({
        doc: 'Call one state function with the keywords given.',
        examples: ["tsalt '*' state.single pkg.installed name=vim"],
        args: {
          fun: { type: 'string', required: true, doc: 'the state function: pkg.installed' },
          name: { type: 'any', required: true, doc: 'the name' },
          ...COMMON,
        },
        extra: 'the arguments of the state',
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runSingle(ports, ctx, { ...requestOf(args), fun: args.fun, name: args.name }),
      }),
      low: call({
        doc: 'Call one low chunk.',
        examples: ['tsalt \'*\' state.low \'{"state": "test", "fun": "nop", "name": "x"}\''],
        args: { data: { type: 'map', required: true, doc: 'the chunk' }, ...COMMON },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runLow(ports, ctx, { ...requestOf(args), data: args.data }),
      }),
      high: call({
        doc: 'Run high data as given.',
        examples: ['tsalt \'*\' state.high \'{"vim": {"pkg": ["installed"]}}\''],
        args: { data: { type: 'map', required: true, doc: 'the high data' }, ...COMMON },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runHigh(ports, ctx, { ...requestOf(args), data: args.data }),
      }),
      show_sls: shower(
        'The high data of the SLS named.',
        "tsalt '*' state.show_sls nginx",
        async (ctx, args) => await showHigh(ports, ctx, requestOf(args)),
      ),
      show_low_sls: shower(
        'The low chunks of the SLS named, in their order.',
        "tsalt '*' state.show_low_sls nginx",
        async (ctx, args) => await showLow(ports, ctx, requestOf(args), 1),
      ),
      show_highstate: shower(
        'The high data of all that the top file gives this machine.',
        "tsalt '*' state.show_highstate",
        async (ctx, args) => await showHigh(ports, ctx, requestOf(args)),
      ),
      show_lowstate: shower(
        'The low chunks of all that the top file gives this machine, in their order.',
        "tsalt '*' state.show_lowstate",
        async (ctx, args) => await showLow(ports, ctx, requestOf(args), 0),
      ),
      show_top: shower(
        'What the top file gives this machine, by environment.',
        "tsalt '*' state.show_top",
        async (ctx, args) => await showTop(ports, ctx, requestOf(args)),
      ),
      running: call({
        doc: 'State runs that are under way, as sentences.',
        examples: ["tsalt '*' state.running"],
        args: { concurrent: COMMON.concurrent },
        changes: false,
        run: (ctx, { concurrent }) => (concurrent ? [] : conflicts(ports, ctx).map(sentence)),
      }),
    },
  });
}

const hasNames = (mods: Returnable | undefined): boolean =>
  mods !== undefined && mods !== null && mods !== '' && !(Array.isArray(mods) && mods.length === 0);

const shower = (
  doc: string,
  example: string,
  run: (ctx: Ctx, args: Omit<Request, 'mods'> & { readonly mods?: Returnable | undefined }) => Promise<Returnable>,
) => call({ doc, examples: [example], args: { mods: MODS, ...COMMON }, extra: MORE, changes: false, run });
