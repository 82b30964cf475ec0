import { isDeepStrictEqual } from 'node:util';
import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { undecided } from '../machine/words.ts';

export const TABLE = { type: 'string', default: 'filter', doc: 'the table' } as const;
export const FAMILY = { type: 'string', default: 'ipv4', doc: 'ipv4 or ipv6' } as const;

/** A rule as a state names it; `options` are those of iptables.build_rule, with `chain`, `position` and `save`. */
export interface Rule {
  readonly name: string;
  readonly table: string;
  readonly family: string;
  readonly options: Readonly<Record<string, Returnable>>;
}

/** How one of the states of rules speaks. `command` is the whole command line. */
interface Words {
  readonly already: (rule: Rule, command: string) => string;
  readonly needs: (rule: Rule, command: string) => string;
  readonly done: (rule: Rule, command: string) => string;
  readonly saved: (rule: Rule, command: string, out: string) => string;
  readonly failed: (rule: Rule, command: string) => string;
}

/** One of the states of rules. */
export interface Kind {
  readonly command: 'A' | 'I' | 'D';
  readonly words: Words;
  /** Whether all is as it should be. */
  readonly holds: (isThere: boolean, rule: Rule) => boolean;
  /** Whether it worked. */
  readonly act: (ctx: StateCtx, rule: Rule, text: Returnable) => Promise<boolean>;
  /** Rules that are in force are saved, too. */
  readonly saves: boolean;
}

const optionOf = ({ options }: Rule, key: string): Returnable => {
  if (!(key in options)) throw new Error(`iptables: ${key} is missing`);
  return options[key] ?? null;
};

const setWords = {
  done: ({ name, family }: Rule, command: string) => `Set iptables rule for ${name} to: ${command} for ${family}`,
  saved: ({ name, family }: Rule, command: string, out: string) => `Set and saved iptables rule ${name} for ${family}\n${command}\n${out}`,
};

export const APPEND: Kind = {
  command: 'A',
  saves: true,
  words: {
    ...setWords,
    already: ({ name, family }, command) => `iptables rule for ${name} already set (${command}) for ${family}`,
    needs: ({ name, family }, command) => `iptables rule for ${name} needs to be set (${command}) for ${family}`,
    failed: ({ name, family }, command) => `Failed to set iptables rule for ${name}.\nAttempted rule was ${command} for ${family}`,
  },
  holds: (isThere) => isThere,
  act: async (ctx, rule, text) => Boolean(await ctx.call('iptables.append', [rule.table, optionOf(rule, 'chain'), text, rule.family])),
};

export const INSERT: Kind = {
  command: 'I',
  saves: true,
  words: {
    ...setWords,
    already: ({ name, family }, command) => `iptables rule for ${name} already set for ${family} (${command})`,
    needs: ({ name, family }, command) => `iptables rule for ${name} needs to be set for ${family} (${command})`,
    failed: ({ name }, command) => `Failed to set iptables rule for ${name}.\nAttempted rule was ${command}`,
  },
  holds: (isThere) => isThere,
  act: async (ctx, rule, text) => {
    const given = [rule.table, optionOf(rule, 'chain'), optionOf(rule, 'position'), text, rule.family];
    return !(await ctx.call('iptables.insert', given));
  },
};

export const DELETE: Kind = {
  command: 'D',
  saves: false,
  words: {
    already: ({ name, family }, command) => `iptables rule for ${name} already absent for ${family} (${command})`,
    needs: ({ name, family }, command) => `iptables rule for ${name} needs to be deleted for ${family} (${command})`,
    done: ({ name }, command) => `Delete iptables rule for ${name} ${command}`,
    saved: ({ name, family }, command, out) => `Deleted and saved iptables rule ${name} for ${family}\n${command}\n${out}`,
    failed: ({ name }, command) => `Failed to delete iptables rule for ${name}.\nAttempted rule was ${command}`,
  },
  holds: (isThere, { options }) => !isThere && !('position' in options),
  act: async (ctx, rule, text) => {
    const what = 'position' in rule.options ? { position: rule.options['position'] ?? null } : { rule: text };
    return !(await ctx.call('iptables.delete', [rule.table, optionOf(rule, 'chain')], { family: rule.family, ...what }));
  },
};

/** Brings one rule about; under test says what would be done. */
export async function bring(ctx: StateCtx, kind: Kind, rule: Rule): Promise<Outcome> {
  const { name, table, family, options } = rule;
  const given = { ...options, family, name, table };
  const text = await ctx.call('iptables.build_rule', [], given);
  const command = String(await ctx.call('iptables.build_rule', [], { ...given, full: true, command: kind.command })).trim();
  const isThere = (await ctx.call('iptables.check', [table, optionOf(rule, 'chain'), text, family])) === true;
  if (kind.holds(isThere, rule)) {
    const comment = kind.words.already(rule, command);
    return inOrder(kind.saves && options['save'] ? comment + (await savedToo(ctx, rule, command)) : comment);
  }
  if (ctx.testing) return undecided(kind.words.needs(rule, command));
  if (!(await kind.act(ctx, rule, text))) return failed(kind.words.failed(rule, command));
  const comment = options['save'] ? kind.words.saved(rule, command, await save(ctx, rule)) : kind.words.done(rule, command);
  return inOrder(comment, { locale: name });
}

/** Where rules are to be saved: a file that is named, or the usual one. */
export const fileOf = (save: Returnable | undefined): Returnable => (save === true ? null : (save ?? null));

const save = async (ctx: StateCtx, { options, family }: Rule): Promise<string> =>
  shown(await ctx.call('iptables.save', [], { filename: fileOf(options['save']), family }));

/** Saves the rules that are in force, if those saved are others. */
async function savedToo(ctx: StateCtx, rule: Rule, command: string): Promise<string> {
  const { name, family, options } = rule;
  const saved = await ctx.call('iptables.get_saved_rules', [], { conf_file: fileOf(options['save']), family });
  const inForce = await ctx.call('iptables.get_rules', [], { family });
  if (isDeepStrictEqual(rulesOf(saved), rulesOf(inForce))) return '';
  return `\nSaved iptables rule ${name} for ${family}\n${command}\n${await save(ctx, rule)}`;
}

type Tables = Readonly<Record<string, Readonly<Record<string, { readonly rules: Returnable }>>>>;
const rulesOf = (tables: Returnable): Returnable[] =>
  Object.values(tables as unknown as Tables).flatMap((chains) => Object.values(chains).map(({ rules }) => rules));
