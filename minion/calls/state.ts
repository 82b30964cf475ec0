import { fromPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import { type Ctx, call, execModule, type Returnable } from '../../modules/define.ts';
import type { Ports } from './ports.ts';
import { conflicts, type Request, runSls, runTop, sentence } from './state/apply.ts';
import { disabling } from './state/disabled.ts';
import { pausing } from './state/pauses.ts';
import { applyPlan, plan } from './state/plan.ts';
import { requesting } from './state/requests.ts';
import { hasIds, hasSls, showHigh, showLow, showLowSls, showNames, showTop, showUsage } from './state/show.ts';
import { runHigh, runLow, runSingle, runTemplate, runText } from './state/single.ts';

const MODS = { type: 'any', doc: 'names of SLS: a list, or text with commas' } as const;
const COMMON = {
  test: { type: 'boolean', doc: 'predict, do not change' },
  exclude: { type: 'any', doc: 'SLS or ids to leave out' },
  queue: { type: 'any', doc: 'wait for other state runs instead of refusing' },
  saltenv: { type: 'string', doc: 'the environment' },
  pillar: { type: 'any', doc: 'values over the pillar, for this run' },
  pillarenv: { type: 'string', doc: 'the environment of the pillar' },
  force: { type: 'boolean', doc: 'go on although the pillar has errors' },
  concurrent: { type: 'boolean', default: false, doc: 'run although another state run is under way' },
  terse: { type: 'boolean', default: false, doc: 'answer only what changed or failed' },
  state_events: { type: 'boolean', doc: 'fire an event after each state' },
  sync_mods: { type: 'any', doc: 'kinds of custom modules to synchronise before the SLS named: modules, states, ... or all' },
} as const;
/** Those named in this order; the others by their names alone. */
const options = (...named: readonly (keyof typeof COMMON)[]): typeof COMMON => {
  const first = named.map((name) => [name, COMMON[name]]);
  const others = Object.entries(COMMON).filter(([name]) => !named.includes(name as keyof typeof COMMON));
  return Object.fromEntries([...first, ...others.map(([name, arg]) => [name, { ...arg, only: 'extra' }])]) as typeof COMMON;
};
const withoutOwn = ({ exclude: _exclude, force: _force, ...rest }: typeof COMMON) => rest;
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
        args: { mods: MODS, ...options() },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) =>
          hasNames(args.mods) ? await runSls(ports, ctx, requestOf(args)) : await runTop(ports, ctx, requestOf(args)),
      }),
      plan: call({
        doc: 'What state.apply would do, with a digest of each state; the minion remembers them (see apply_plan).',
        examples: ["tsalt '*' state.plan nginx"],
        args: { mods: MODS, ...options() },
        extra: MORE,
        changes: false,
        out: 'highstate',
        run: async (ctx, args) => await plan(ports, ctx, requestOf(args)),
      }),
      apply_plan: call({
        doc: 'Apply what a plan foresaw, or nothing when other things would be done now. The master runs it for tsalt apply-plan.',
        examples: ['tsalt-run plan.apply 20261127190102123456'],
        args: {
          mods: MODS,
          plan: { type: 'string', required: true, doc: 'the id of the plan' },
          hashes: { type: 'map', required: true, doc: 'of all digests of the plan, by minion' },
          ...options(),
        },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await applyPlan(ports, ctx, { ...requestOf(args), plan: args.plan, hashes: args.hashes }),
      }),
      highstate: call({
        doc: 'Apply all that the top file gives this machine.',
        examples: ["tsalt '*' state.highstate"],
        args: options('test', 'queue', 'state_events'),
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runTop(ports, ctx, requestOf(args)),
      }),
      sls: call({
        doc: 'Apply the SLS named.',
        examples: ["tsalt '*' state.sls nginx,users"],
        args: { mods: { ...MODS, required: true }, ...options('test', 'exclude', 'queue', 'sync_mods', 'state_events') },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runSls(ports, ctx, requestOf(args)),
      }),
      sls_id: call({
        doc: 'Apply one id of the SLS named, and what it requires.',
        examples: ["tsalt '*' state.sls_id web nginx"],
        args: {
          id_: { type: 'any', required: true, doc: 'the id' },
          mods: { ...MODS, required: true },
          ...options('test', 'queue', 'state_events'),
        },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runSls(ports, ctx, requestOf(args), str(fromPlain(args.id_))),
      }),
      single: call({
        doc: 'Call one state function with the keywords given.',
        examples: ["tsalt '*' state.single pkg.installed name=vim"],
        args: {
          fun: { type: 'string', required: true, doc: 'the state function: pkg.installed' },
          name: { type: 'any', required: true, doc: 'the name' },
          // Not those that a state may have of its own, such as `exclude` and `force`.
          ...withoutOwn(options('test', 'queue')),
        },
        extra: 'the arguments of the state',
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runSingle(ports, ctx, { ...requestOf(args), fun: args.fun, name: args.name }),
      }),
      low: call({
        doc: 'Call one low chunk.',
        examples: ['tsalt \'*\' state.low \'{"state": "test", "fun": "nop", "name": "x"}\''],
        args: { data: { type: 'map', required: true, doc: 'the chunk' }, ...options('queue') },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runLow(ports, ctx, { ...requestOf(args), data: args.data }),
      }),
      high: call({
        doc: 'Run high data as given.',
        examples: ['tsalt \'*\' state.high \'{"vim": {"pkg": ["installed"]}}\''],
        args: { data: { type: 'map', required: true, doc: 'the high data' }, ...options('test', 'queue') },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runHigh(ports, ctx, { ...requestOf(args), data: args.data }),
      }),
      show_sls: slsShower(
        'The high data of the SLS named.',
        "tsalt '*' state.show_sls nginx",
        async (ctx, args) => await showHigh(ports, ctx, requestOf(args)),
      ),
      show_low_sls: slsShower(
        'The low chunks of the SLS named, in their order.',
        "tsalt '*' state.show_low_sls nginx",
        async (ctx, args) => await showLowSls(ports, ctx, requestOf(args)),
      ),
      show_highstate: topShower(
        'The high data of all that the top file gives this machine.',
        "tsalt '*' state.show_highstate",
        async (ctx, args) => await showHigh(ports, ctx, requestOf(args)),
      ),
      show_lowstate: topShower(
        'The low chunks of all that the top file gives this machine, in their order.',
        "tsalt '*' state.show_lowstate",
        async (ctx, args) => await showLow(ports, ctx, requestOf(args)),
      ),
      show_top: topShower(
        'What the top file gives this machine, by environment.',
        "tsalt '*' state.show_top",
        async (ctx, args) => await showTop(ports, ctx, requestOf(args)),
      ),
      show_states: topShower(
        'Names of the SLS that the top file gives this machine, in the order in which they run.',
        "tsalt '*' state.show_states",
        async (ctx, args) => await showNames(ports, ctx, requestOf(args)),
      ),
      show_state_usage: topShower(
        'Which SLS of each environment the top file gives this machine, and which it does not.',
        "tsalt '*' state.show_state_usage",
        async (ctx, args) => await showUsage(ports, ctx, requestOf(args)),
      ),
      sls_exists: slsShower(
        'Whether the SLS named are there and can be rendered.',
        "tsalt '*' state.sls_exists nginx",
        async (ctx, args) => await hasSls(ports, ctx, requestOf(args)),
      ),
      id_exists: call({
        doc: 'Whether ids stand in the SLS named.',
        examples: ["tsalt '*' state.id_exists vim,git tools"],
        args: {
          ids: { ...MODS, required: true, doc: 'the ids: a list, or text with commas' },
          mods: { ...MODS, required: true },
          ...options('test', 'queue'),
        },
        extra: MORE,
        changes: false,
        run: async (ctx, args) => await hasIds(ports, ctx, requestOf(args), args.ids),
      }),
      top: call({
        doc: 'Apply all that another top file gives this machine.',
        examples: ["tsalt '*' state.top reverse_top.sls"],
        args: { topfn: { type: 'string', required: true, doc: 'the top file' }, ...options('test', 'queue') },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runTop(ports, ctx, requestOf(args), args.topfn),
      }),
      template: call({
        doc: 'Apply an SLS file of this machine.',
        examples: ["tsalt '*' state.template /root/fix.sls"],
        args: { tem: { type: 'string', required: true, doc: 'its path' }, ...options('queue') },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runTemplate(ports, ctx, requestOf(args), args.tem),
      }),
      template_str: call({
        doc: 'Apply an SLS given as text.',
        examples: ["tsalt '*' state.template_str 'vim: pkg.installed'"],
        args: { tem: { type: 'string', required: true, doc: 'the text' }, ...options('queue') },
        extra: MORE,
        changes: true,
        out: 'highstate',
        run: async (ctx, args) => await runText(ports, ctx, requestOf(args), args.tem),
      }),
      ...disabling(ports),
      ...requesting(ports),
      ...pausing(ports),
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

type Run = (ctx: Ctx, args: Omit<Request, 'mods'> & { readonly mods?: Returnable | undefined }) => Promise<Returnable>;
/** Of SLS that are named. */
const slsShower = (doc: string, example: string, run: Run) =>
  call({
    doc,
    examples: [example],
    args: { mods: { ...MODS, required: true }, ...options('test', 'queue') },
    extra: MORE,
    changes: false,
    run,
  });
/** Of what the top file gives. */
const topShower = (doc: string, example: string, run: Run) =>
  call({ doc, examples: [example], args: options('queue'), extra: MORE, changes: false, run });
