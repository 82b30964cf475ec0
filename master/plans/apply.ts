import { CommandFailed } from '../../modules/define.ts';
import { differences, hashOf, refusal } from '../../states/plan/digest.ts';
import type { Target } from '../client/contract.ts';
import { type Answer, type Collected, collect, resultsIn } from './collect.ts';
import { digestsIn, type Making, type PlanParts, requestOf, trialOn, USER } from './make.ts';
import type { Part, Plan } from './sqlite.ts';

export interface ApplyParts extends PlanParts {
  /** The minions a target means. @throws BadTarget */
  readonly preview: (target: Target) => readonly string[];
}

export interface Applying {
  readonly id: string;
  /** Only these minions of the plan; all of them when absent. */
  readonly target?: Target | undefined;
  /** Also states that were foreseen to fail. */
  readonly force: boolean;
  readonly timeout?: number | undefined;
}

/** What came of applying: results by minion, refusals among them, and why some did not answer. */
export interface Applied {
  readonly jid: string | null;
  readonly minions: Readonly<Record<string, unknown>>;
  readonly silent: Readonly<Record<string, string>>;
  readonly retcode: number;
}

/** Does what a plan foresaw. @throws CommandFailed in one sentence where the plan cannot be applied */
export async function applyPlan(parts: ApplyParts, applying: Applying): Promise<Applied> {
  const { store } = parts;
  const plan = store.find(applying.id);
  if (plan === undefined) throw new CommandFailed(`There is no plan ${applying.id}.`);
  const chosen = choose(parts, plan, applying);
  const taken = store.take(
    plan.id,
    chosen.map(({ minion }) => minion),
    Date.now(),
  );
  if (taken.length === 0) throw new CommandFailed(`The plan ${plan.id} is being applied by somebody else.`);
  const run = new Application(parts, plan, applying.timeout);
  try {
    return await run.apply(chosen.filter(({ minion }) => taken.includes(minion)));
  } finally {
    run.release(taken);
  }
}

/** Those to apply it to. @throws CommandFailed */
function choose(parts: ApplyParts, plan: Plan, { target, force }: Applying): Part[] {
  const { ttl } = parts.times();
  if (ttl > 0 && plan.made + ttl * 1000 < Date.now())
    throw new CommandFailed(`The plan ${plan.id} has expired: it is older than ${ttl} s (plan_ttl). Make a new one.`);
  const wanted = target === undefined ? undefined : parts.preview(target);
  const foreign = wanted?.filter((minion) => !plan.parts.some((part) => part.minion === minion)) ?? [];
  if (foreign.length > 0) throw new CommandFailed(`Not in the plan ${plan.id}: ${foreign.join(', ')}.`);
  const of = plan.parts.filter(({ minion }) => wanted === undefined || wanted.includes(minion));
  const open = of.filter(({ state }) => state === 'planned' || state === 'failed' || state === 'refused');
  if (open.length === 0) throw new CommandFailed(closedText(plan.id, of));
  const failing = open.filter(({ summary, state, digests }) => state === 'failed' || summary.fail > 0 || Object.keys(digests).length === 0);
  if (failing.length > 0 && !force)
    throw new CommandFailed(
      `States of the plan ${plan.id} would fail on ${namesOf(failing)}. Repair them and plan anew, or apply it with --force.`,
    );
  const able = open.filter(({ digests }) => Object.keys(digests).length > 0);
  if (able.length === 0) throw new CommandFailed(`The plan ${plan.id} holds no states: the dry run of ${namesOf(open)} could not be made.`);
  return able;
}

function closedText(id: string, of: readonly Part[]): string {
  const done = of.filter(({ state }) => state === 'applied' || state === 'broken');
  const last = new Date(Math.max(...done.map(({ at }) => at)));
  if (done.length > 0) return `The plan ${id} was applied already, at ${last.toISOString()}.`;
  if (of.some(({ state }) => state === 'applying')) return `The plan ${id} is being applied by somebody else.`;
  return `No minion of the plan ${id} answered its dry run.`;
}

const namesOf = (parts: readonly Part[]): string => parts.map(({ minion }) => minion).join(', ');

/** One application of a plan. */
class Application {
  readonly #parts: ApplyParts;
  readonly #plan: Plan;
  readonly #making: Omit<Making, 'jid'>;
  readonly #minions: Record<string, unknown> = Object.create(null);
  readonly #silent: Record<string, string> = Object.create(null);
  readonly #settled = new Set<string>();
  #jid: string | null = null;
  #retcode = 0;

  constructor(parts: ApplyParts, plan: Plan, timeout: number | undefined) {
    this.#parts = parts;
    this.#plan = plan;
    this.#making = { target: plan.target, mods: plan.mods, kwargs: plan.kwargs, timeout };
  }

  async apply(chosen: readonly Part[]): Promise<Applied> {
    const guarded = chosen.filter((part) => part.guarded);
    const others = chosen.filter((part) => !part.guarded);
    await Promise.all([guarded.length > 0 ? this.#guarded(guarded) : undefined, others.length > 0 ? this.#unguarded(others) : undefined]);
    return { jid: this.#jid, minions: this.#minions, silent: this.#silent, retcode: this.#retcode };
  }

  /** What nobody heard of may be tried again: a minion that did it refuses. */
  release(taken: readonly string[]): void {
    for (const minion of taken) if (!this.#settled.has(minion)) this.#settle(minion, 'planned', '', '');
  }

  /** Minions of ours compare by themselves, right before they act. */
  async #guarded(chosen: readonly Part[]): Promise<void> {
    const hashes = Object.fromEntries(chosen.map(({ minion, digests }) => [minion, hashOf(digests)]));
    const kwargs = { ...this.#making.kwargs, plan: this.#plan.id, hashes };
    const minions = chosen.map(({ minion }) => minion);
    this.#take(await collect(this.#parts.run(requestOf({ ...this.#making, kwargs }, 'state.apply_plan', minions), USER)));
  }

  /** For others the master compares a second dry run; what changes between that and the run is not noticed. */
  async #unguarded(chosen: readonly Part[]): Promise<void> {
    const minions = chosen.map(({ minion }) => minion);
    const trial = await collect(this.#parts.run(trialOn(this.#making, minions), USER));
    this.#hush(trial);
    const same: string[] = [];
    for (const { minion, digests } of chosen) {
      const answer = trial.answers.get(minion);
      if (answer === undefined) continue;
      const now = digestsIn(answer.value, false);
      const reasons = now === undefined ? ['The dry run before it could not be made.'] : differences(digests, now);
      if (reasons.length === 0) same.push(minion);
      else this.#refuse(minion, reasons);
    }
    if (same.length > 0) this.#take(await collect(this.#parts.run(requestOf(this.#making, 'state.apply', same), USER)));
  }

  #take(collected: Collected): void {
    this.#jid ??= collected.jid ?? null;
    this.#hush(collected);
    for (const [minion, answer] of collected.answers) this.#judge(minion, answer, collected.jid ?? '');
  }

  #judge(minion: string, { value, retcode }: Answer, jid: string): void {
    this.#minions[minion] = value;
    this.#retcode ||= retcode;
    const refused = Object.entries(resultsIn(value) ?? {}).find(([tag]) => tag === refusal(this.#plan.id, []).tag);
    if (refused !== undefined) this.#settle(minion, 'refused', jid, String(refused[1]['comment']));
    else if (resultsIn(value) === undefined) this.#settle(minion, 'refused', jid, 'the states could not be compiled, or were not run');
    else this.#settle(minion, retcode === 0 ? 'applied' : 'broken', jid, '');
  }

  #refuse(minion: string, reasons: readonly string[]): void {
    const { tag, result } = refusal(this.#plan.id, reasons);
    this.#minions[minion] = { [tag]: result };
    this.#retcode ||= 2;
    this.#settle(minion, 'refused', '', result.comment);
  }

  #hush({ silent }: Collected): void {
    for (const [minion, reason] of silent) {
      this.#silent[minion] = reason;
      this.#retcode ||= 1;
    }
  }

  #settle(minion: string, state: Part['state'], jid: string, note: string): void {
    this.#settled.add(minion);
    this.#parts.store.settle(this.#plan.id, minion, state, { at: Date.now(), jid, note });
  }
}
