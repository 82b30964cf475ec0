import { createHash } from 'node:crypto';
import type { Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { newJid } from '../../protocol/jid.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { type Step, stepUnderWay, unjournaled } from '../../states/engine/index.ts';
import type { RunEvent, RunnerEvent, RunnerRequest, RunRequest } from '../client/contract.ts';
import { type LocalClient, opened, USER } from '../client/local.ts';
import type { Work } from '../publish/work.ts';
import { CUT_OFF } from './journal.ts';
import type { Ended, Orchestrations } from './orchestrations.ts';

/** A job that was sent this long ago is with its minions, or they were away. */
const ARRIVED_MS = 1000;

export interface ChildrenParts {
  readonly work: () => Pick<Work, 'run' | 'rejoin'>;
  readonly orchestrations: () => Pick<Orchestrations, 'has' | 'join' | 'young'>;
}

/**
 * What chunks of orchestrations start on minions and on the master, noted before it is started: after a restart of the
 * master it is found again by its id instead of being started a second time.
 */
export const journaled = (local: LocalClient, parts: ChildrenParts): LocalClient => ({
  ...local,
  run: (request) => {
    const step = stepUnderWay();
    return step === undefined ? local.run(request) : job(parts, step, request);
  },
  runner: (request) => {
    const step = stepUnderWay();
    return step === undefined ? local.runner(request) : runner(local, parts, step, request);
  },
  wheel: async (fun, kwargs) => {
    const step = stepUnderWay();
    return step === undefined ? await local.wheel(fun, kwargs) : await wheel(local, step, fun, kwargs);
  },
});

/** The same call of the same chunk has the same key in the next master. */
function keyOf(step: Step, kind: string, fun: unknown, given: unknown): string {
  const what = `${kind} ${String(fun)} ${createHash('sha1').update(encode(given)).digest('hex')}`;
  return `${what} ${step.count(what)}`;
}

const recalled = (step: Step, key: string): Readonly<Record<string, unknown>> | undefined => {
  const found = step.recall(key);
  return isMessage(found) ? found : undefined;
};

async function* job(parts: ChildrenParts, step: Step, request: RunRequest): AsyncIterable<RunEvent> {
  const key = keyOf(step, 'job', request.fun, [request.target, request.args, request.batch?.size, request.subset]);
  const known = recalled(step, key);
  const jid = typeof known?.['jid'] === 'string' ? known['jid'] : (request.jid ?? newJid());
  const sent = new Sent(step, key, { kind: 'job', jid, fun: String(request.fun) }, known);
  const { begun, arrived, heard } = sent;
  const before = known === undefined ? undefined : await parts.work().rejoin({ request: { ...request, jid }, begun, arrived, heard }, USER);
  if (before === undefined && begun.length > 0) {
    // It was published, and the job cache does not know it any more.
    step.cutOff();
    return;
  }
  await sent.noted();
  try {
    const insists = parts.orchestrations().young;
    const extras = insists ? { insist: { heard } } : {};
    for await (const event of opened(before ?? parts.work().run({ ...request, jid }, USER, extras))) {
      await sent.see(event, request.batch !== undefined, before !== undefined || insists);
      yield event;
    }
  } finally {
    sent.stop();
  }
}

/** Whom a job went to, and whether it is certain that they have it. */
class Sent {
  readonly #step: Step;
  readonly #key: string;
  readonly #head: Readonly<Record<string, Returnable>>;
  readonly #begun: Set<string>;
  readonly #arrived: Set<string>;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(step: Step, key: string, head: Readonly<Record<string, Returnable>>, known: Readonly<Record<string, unknown>> | undefined) {
    this.#step = step;
    this.#key = key;
    this.#head = head;
    this.#begun = new Set(textsOf(known?.['begun']));
    this.#arrived = new Set(textsOf(known?.['arrived']));
  }

  get begun(): readonly string[] {
    return [...this.#begun];
  }

  readonly arrived = (minion: string): boolean => this.#arrived.has(minion);
  readonly heard = (): void => this.#have([...this.#begun]);

  async noted(): Promise<void> {
    await this.#step.note(this.#key, { ...this.#head, begun: this.begun, arrived: [...this.#arrived] });
  }

  /**
   * Of a batch those are noted whose turn has come before it is sent to them; else it was sent when it is published.
   * `told`: by `heard` it is told when they have it.
   */
  async see(event: RunEvent, batch: boolean, told: boolean): Promise<void> {
    if (event.kind !== 'batch' && (event.kind !== 'published' || batch)) return;
    for (const minion of event.minions) this.#begun.add(minion);
    await this.noted();
    if (told) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#have(event.minions);
    }, ARRIVED_MS).unref();
    this.#timers.add(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #have(minions: readonly string[]): void {
    for (const minion of minions) this.#arrived.add(minion);
    // What cannot be noted costs a publication that minions know already.
    this.noted().catch(() => undefined);
  }
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

async function* runner(local: LocalClient, parts: ChildrenParts, step: Step, request: RunnerRequest): AsyncIterable<RunnerEvent> {
  const key = keyOf(step, 'runner', request.fun, [request.args, request.kwargs]);
  const known = recalled(step, key);
  const before = known === undefined ? undefined : await endOf(parts, step, known);
  if (before !== undefined) {
    yield before;
    return;
  }
  const jid = request.jid ?? newJid();
  const head = { kind: 'runner', jid, fun: request.fun };
  await step.note(key, head);
  // Runs of states within are no part of this chunk's.
  for await (const event of unjournaled(() => local.runner({ ...request, jid }))) {
    if (event.kind === 'result') await step.note(key, { ...head, ended: { ...event } as Returnable });
    yield event;
  }
}

/** How a runner of an earlier master ended: as noted, or as an orchestration that goes on by itself, or not at all. */
async function endOf(parts: ChildrenParts, step: Step, known: Readonly<Record<string, unknown>>): Promise<Ended | undefined> {
  const { ended, jid } = known;
  if (isMessage(ended)) return ended as unknown as Ended;
  if (typeof jid === 'string' && parts.orchestrations().has(jid)) return await parts.orchestrations().join(jid);
  if (step.again) return undefined;
  step.cutOff();
  return { kind: 'result', value: CUT_OFF, success: false, retcode: 1 };
}

async function wheel(local: LocalClient, step: Step, fun: string, kwargs: Readonly<Record<string, unknown>>): Promise<unknown> {
  const key = keyOf(step, 'wheel', fun, kwargs);
  const known = recalled(step, key);
  if (known !== undefined && 'value' in known) return known['value'];
  if (known !== undefined && 'error' in known) throw new Error(String(known['error']));
  if (known !== undefined && !step.again) {
    step.cutOff();
    throw new Error(CUT_OFF);
  }
  await step.note(key, { kind: 'wheel', fun });
  try {
    const value = ((await local.wheel(fun, kwargs)) ?? null) as Returnable;
    await step.note(key, { kind: 'wheel', fun, value });
    return value;
  } catch (error) {
    await step.note(key, { kind: 'wheel', fun, error: messageOf(error) });
    throw error;
  }
}
