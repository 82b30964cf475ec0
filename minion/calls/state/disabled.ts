import { call, type Returnable } from '../../../modules/define.ts';
import type { Ports } from '../ports.ts';
import { namesOf } from './names.ts';

/** Where Salt keeps them: a grain that the administrator's file holds. */
const GRAIN = 'state_runs_disabled';
const NAMES = {
  type: 'any',
  required: true,
  doc: 'names of SLS, `highstate`, or functions of states: a list, or text with commas',
} as const;

/** Names and patterns. */
export const disabledOf = (ports: Ports): string[] => {
  const known = ports.grains.items[GRAIN];
  return Array.isArray(known) ? known.map(String) : [];
};

/** Why SLS must not run, a sentence for each that is disabled by its name or a pattern such as `web.*`. */
export const whyDisabled = (ports: Ports, names: readonly string[]): string[] =>
  names.flatMap((name) =>
    disabledOf(ports).flatMap((one) => {
      if (!one.includes('.*'))
        return one === name ? [`The state file "${one}" is currently disabled, to re-enable, run state.enable ${one}.`] : [];
      if (!name.startsWith(`${one.split('.')[0]}.`)) return [];
      return [`The state file "${name}" is currently disabled by "${one}", to re-enable, run state.enable ${one}.`];
    }),
  );

/** `state.disable`, `state.enable` and `state.list_disabled`. */
export function disabling(ports: Ports) {
  /** Alters the list; tells for each name whether it had to. */
  const alter = async (
    names: Returnable,
    context: { call(fun: string, args: readonly Returnable[]): Promise<Returnable> },
    { wanted, word }: { readonly wanted: boolean; readonly word: string },
  ): Promise<Returnable> => {
    const before = disabledOf(ports);
    const list = [...before];
    const told = namesOf(names).map((name) => {
      if (list.includes(name) === wanted) return `Info: ${name} state already ${word}.`;
      if (wanted) list.push(name);
      else list.splice(list.indexOf(name), 1);
      return `Info: ${name} state ${word}.`;
    });
    if (list.length !== before.length) await context.call('grains.setval', [GRAIN, list]);
    return { res: true, msg: told.join('\n') };
  };
  return {
    disable: call({
      doc: 'Refuse to run SLS, or the highstate, until they are enabled again.',
      examples: ["tsalt '*' state.disable highstate", "tsalt '*' state.disable web,db.*"],
      args: { states: NAMES },
      changes: true,
      run: async (ctx, { states }) => await alter(states, ctx, { wanted: true, word: 'disabled' }),
    }),
    enable: call({
      doc: 'Let run again what `state.disable` refused.',
      examples: ["tsalt '*' state.enable highstate"],
      args: { states: NAMES },
      changes: true,
      run: async (ctx, { states }) => await alter(states, ctx, { wanted: false, word: 'enabled' }),
    }),
    list_disabled: call({
      doc: 'What is disabled.',
      examples: ["tsalt '*' state.list_disabled"],
      args: {},
      changes: false,
      run: () => ports.grains.items[GRAIN] ?? '',
    }),
  };
}
