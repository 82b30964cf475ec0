import type { Returnable } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { plan } from './words.ts';

const NAME = { type: 'string', required: true, doc: 'the module' } as const;
const MODS = { type: 'any', doc: 'a list of modules, instead of the name' } as const;

const namesOf = (name: string, mods: Returnable | undefined): string[] => [
  ...new Set(Array.isArray(mods) ? (mods as readonly Returnable[]).map(String) : [name]),
];

/** `Kernel module a is ...` or `Kernel modules a, b are ...`; nothing of none. */
const told = (mods: readonly string[], what: string): string[] => {
  if (mods.length === 0) return [];
  return [mods.length === 1 ? `Kernel module ${mods[0]} is ${what}` : `Kernel modules ${mods.join(', ')} are ${what}`];
};
const acted = (verb: string, mods: readonly string[]): string[] =>
  mods.length === 0 ? [] : [`${verb} kernel module${mods.length === 1 ? '' : 's'} ${mods.join(', ')}`];

const listed = async (ctx: StateCtx, kept = false): Promise<readonly string[]> =>
  (await ctx.call('kmod.mod_list', [kept])) as readonly string[];

async function present(ctx: StateCtx, name: string, persist: boolean, mods: Returnable | undefined): Promise<Verdict> {
  const wanted = namesOf(name, mods);
  const loaded = await listed(ctx);
  const kept = persist ? await listed(ctx, true) : loaded;
  const there = wanted.filter((mod) => loaded.includes(mod) && kept.includes(mod));
  const said = told(there, 'already present');
  if (there.length === (Array.isArray(mods) ? mods.length : 1)) return inOrder(said.join('\n'));
  const missing = wanted.filter((mod) => !there.includes(mod));
  const comment = [...said, told(missing, 'set to be loaded')[0] ?? 'Kernel modules  are set to be loaded'].join('\n');
  return plan(comment, () => load(ctx, missing, persist, said));
}

async function load(ctx: StateCtx, missing: readonly string[], persist: boolean, said: readonly string[]): Promise<Outcome> {
  const has = (await ctx.call('kmod.available')) as readonly string[];
  const unavailable = missing.filter((mod) => !has.includes(mod));
  const came = await each(
    missing.filter((mod) => has.includes(mod)),
    'loaded',
    (mod) => ctx.call('kmod.load', [mod, persist]),
  );
  const comments = [
    ...said,
    ...told(unavailable, 'unavailable'),
    ...acted('Loaded', came.done),
    ...acted('Failed to load', came.not),
    ...came.refused.map(([mod, why]) => `Failed to load kernel module ${mod}: ${why}`),
  ];
  return { result: came.ok && unavailable.length === 0, comment: comments.join('\n'), changes: came.changes };
}

/** What came of loading or removing modules one after the other; what one brought with it needs no turn of its own. */
async function each(mods: readonly string[], word: string, act: (mod: string) => Promise<Returnable>) {
  const changes: Record<string, string> = {};
  const [done, not]: [string[], string[]] = [[], []];
  const refused: [string, string][] = [];
  for (const mod of mods) {
    if (word === 'loaded' && mod in changes) {
      done.push(mod);
      continue;
    }
    const came = await act(mod);
    if (!Array.isArray(came)) refused.push([mod, String(came)]);
    else if (came.length === 0) not.push(mod);
    else {
      for (const moved of came) changes[String(moved)] = word;
      done.push(mod);
    }
  }
  return { changes, done, not, refused, ok: not.length === 0 && refused.length === 0 };
}

async function absent(
  ctx: StateCtx,
  { name, persist, comment, mods }: { name: string; persist: boolean; comment: boolean; mods?: Returnable | undefined },
): Promise<Verdict> {
  const wanted = namesOf(name, mods);
  const there = [...(await listed(ctx)), ...(persist ? await listed(ctx, true) : [])];
  const meant = wanted.filter((mod) => there.includes(mod));
  if (meant.length === 0) return inOrder(told(wanted, 'already removed')[0] ?? 'Kernel modules  are already removed');
  return plan(told(meant, 'set to be removed').join('\n'), async () => {
    const came = await each(meant, 'removed', (mod) => ctx.call('kmod.remove', [mod, persist, comment]));
    const comments = [
      ...acted('Removed', came.done),
      ...acted('Failed to remove', came.not),
      ...came.refused.map(([mod, why]) => `Failed to remove kernel module ${mod}: ${why}`),
    ];
    return { result: came.ok, comment: comments.join('\n'), changes: came.changes };
  });
}

/** Modules of the kernel. */
export default stateModule({
  name: 'kmod',
  doc: 'Modules of the kernel.',
  states: {
    present: state({
      doc: 'A module that is loaded.',
      examples: ['kvm_amd:\n  kmod.present:\n    - persist: True'],
      args: { name: NAME, persist: { type: 'boolean', default: false, doc: 'also at each start' }, mods: MODS },
      check: async (ctx, { name, persist, mods }) => await present(ctx, name, persist, mods),
    }),
    absent: state({
      doc: 'A module that is not loaded.',
      args: {
        name: NAME,
        persist: { type: 'boolean', default: false, doc: 'nor at a start of the machine' },
        comment: { type: 'boolean', default: true, doc: 'with `persist`: comment the line out instead of removing it' },
        mods: MODS,
      },
      check: absent,
    }),
  },
});
