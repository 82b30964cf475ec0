import type { BusEvent } from '../../kernel/events/bus.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { newJid } from '../../protocol/jid.ts';
import type { From, PersonClient, RunnerEvent, RunnerRequest, RunRequest } from '../client/contract.ts';
import { opened } from '../client/local.ts';
import { type OperationParts, subscription } from '../client/operations.ts';
import type { Audit } from './audit/audit.ts';
import { argsOf, auditedRun, auditedRunner, auditedWheel, type Doer, jobTold } from './audit/audited.ts';
import { eventFor } from './events.ts';
import { remembering } from './house.ts';
import { type House, isAdministrator, mayAsk, mayDo, maySee, type Person, seesAll } from './person.ts';
import { ADMINISTRATOR } from './roles.ts';
import { chosen, later, tapped } from './streams.ts';
import { asViewer, withRoles } from './viewer.ts';

/** Which jobs and runners each person started. */
export interface Started {
  add(person: Person, jid: string): void;
  has(person: Person, jid: string): boolean;
}

export interface GuardParts {
  /** Proves the person anew. @throws TsaltError `not-authenticated` */
  readonly who: () => Promise<Person>;
  readonly from: From;
  readonly house: House;
  readonly started: Started;
  readonly audit: Pick<Audit, 'record'>;
  readonly operations: () => OperationParts;
}

/** Who listens is proved again when this many ms have passed since he was last. */
const PROVED_FOR = 1000;

/** The door for one person: each call is proved and checked before it is done, and written down. */
export function guarded(parts: GuardParts): PersonClient {
  const { who, audit, operations } = parts;
  const doer = ({ user, eauth }: Person): Doer => ({ user, eauth, from: parts.from });
  return {
    run: (request) =>
      later(async () => {
        const person = await who();
        const house = remembering(parts.house);
        const minions = operations().preview(request.target);
        const problem = refusal(request, minions, person, house);
        const named = { ...request, jid: request.jid ?? newJid() };
        if (problem !== undefined) throw refused(audit, doer(person), jobTold(request), problem, minions.length);
        // A job id that was given may be another one's until the master has taken it.
        if (request.jid === undefined) parts.started.add(person, named.jid);
        const extras = isAdministrator(person) ? {} : { only: minions };
        const events = tapped(operations().run(named, person.user, extras), (event) => {
          if (event.kind === 'published' && event.jid !== undefined) parts.started.add(person, event.jid);
        });
        return opened(auditedRun(audit, doer(person), named, events));
      }),
    preview: async (target) => {
      const person = await who();
      const house = remembering(parts.house);
      const minions = operations().preview(target);
      return seesAll(person) ? minions : minions.filter((id) => maySee(person, id, house));
    },
    runner: (request) => later(async () => runner(parts, await who(), request, doer)),
    wheel: async (fun, kwargs, jid) => {
      const person = await who();
      if (!mayAsk(person, 'wheel', fun, [], kwargs, remembering(parts.house)))
        throw refused(
          audit,
          doer(person),
          { action: 'wheel', fun, args: [kwargs] },
          sentence(person, fun, 'as a wheel function', `@wheel: [${fun}]`),
        );
      return await auditedWheel(
        audit,
        doer(person),
        fun,
        kwargs,
        () => operations().wheel(fun, kwargs, person.user, jid),
        parts.house.changes,
      );
    },
    events: (tag = '*') => later(async () => listening(parts, tag)),
  };
}

function runner(parts: GuardParts, person: Person, request: RunnerRequest, doer: (person: Person) => Doer): AsyncIterable<RunnerEvent> {
  const { audit, operations } = parts;
  const house = remembering(parts.house);
  const args = argsOf(request);
  const allowed = mayAsk(person, 'runner', request.fun, request.args, request.kwargs, house);
  const problem =
    smuggled([request.kwargs]) ??
    hidden(request, parts, person, house) ??
    (allowed ? undefined : sentence(person, request.fun, 'as a runner', `@runner: [${request.fun}]`));
  if (problem !== undefined) throw refused(audit, doer(person), { action: 'runner', fun: request.fun, args }, problem);
  const { jid: _jid, ...rest } = request; // a runner's id is the master's to choose: it may not be that of another's
  const roles = isAdministrator(person) ? [ADMINISTRATOR, ...person.roles] : person.roles;
  const start = () => withRoles(roles, () => operations().runner(rest, person.user));
  const events = seesAll(person) ? start() : asViewer((id) => maySee(person, id, house), start);
  const own = tapped(events, (event) => event.kind === 'started' && parts.started.add(person, event.jid));
  return auditedRunner(audit, doer(person), request, own, parts.house.changes);
}

/** Events as this person may see them; who he is, and whether he still is somebody, is asked again as time goes by. */
async function listening(parts: GuardParts, tag: string): Promise<AsyncIterable<{ readonly tag: string; readonly data: unknown }>> {
  let [person, house, at] = [await parts.who(), remembering(parts.house), Date.now()];
  const events = subscription(parts.operations().bus, tag) as AsyncIterable<BusEvent>;
  return chosen(events, async (event) => {
    if (Date.now() - at > PROVED_FOR) [person, house, at] = [await parts.who(), remembering(parts.house), Date.now()];
    return eventFor(event, person, (jid) => parts.started.has(person, jid), house);
  });
}

const jobCall = ({ fun, args }: RunRequest, minions: readonly string[]) => ({
  funs: [fun].flat(),
  args: typeof fun === 'string' ? [args] : args.map((one) => (Array.isArray(one) ? one : [])),
  minions,
});

/** Keywords by which minions are told about the publication: nobody but the master says these. */
function smuggled(args: readonly unknown[]): string | undefined {
  const names = args.flatMap((arg) => {
    if (Array.isArray(arg)) return arg.map((one) => smuggledName(one));
    return [smuggledName(arg)];
  });
  const name = names.find((found) => found !== undefined);
  return name === undefined ? undefined : `${name} cannot be given: keywords that begin with __pub_ are the master's own`;
}

function smuggledName(arg: unknown): string | undefined {
  if (typeof arg === 'string') return /^(__pub_\w*)=/.exec(arg)?.[1];
  if (typeof arg !== 'object' || arg === null) return undefined;
  return [...(arg instanceof Map ? arg.keys() : Object.keys(arg))].map(String).find((name) => name.startsWith('__pub_'));
}

/** Why a job is refused; undefined: it is not. */
function refusal(request: RunRequest, minions: readonly string[], person: Person, house: House): string | undefined {
  const call = jobCall(request, minions);
  const problem = house.barred(person.user, call.funs) ?? smuggled(request.args);
  return problem ?? (mayDo(person, call, house) ? undefined : beyond(request, minions, person, house));
}

/** A minion that is named in the arguments, and that the person may not know of. */
function hidden({ args, kwargs }: RunnerRequest, { operations }: GuardParts, person: Person, house: House): string | undefined {
  if (seesAll(person)) return undefined;
  const named = [...args, ...Object.values(kwargs)].flat().filter((value) => typeof value === 'string');
  const id = operations()
    .preview({ kind: 'list', expression: named })
    .find((one) => !maySee(person, one, house));
  return id === undefined ? undefined : `${person.user} may not ask about ${id}: it is in none of the groups or targets given to this user`;
}

/** Why a job is beyond what is allowed: the first function that is not allowed, or the minions on which it is not. */
function beyond(request: RunRequest, minions: readonly string[], person: Person, house: House): string {
  const call = jobCall(request, minions);
  const at = call.funs.findIndex((fun, index) => !mayDo(person, { funs: [fun], args: [call.args[index] ?? []], minions }, house));
  const fun = call.funs[at] ?? call.funs.join(',');
  const outside = minions.filter((id) => !mayDo(person, { funs: [fun], args: [call.args[at] ?? []], minions: [id] }, house));
  const where = outside.length === minions.length ? 'on these minions' : `on ${told(outside)}, which the target includes`;
  return sentence(person, fun, where, fun);
}

const told = (minions: readonly string[]): string => (minions.length <= 3 ? minions.join(', ') : `${minions.length} of the minions`);

const sentence = ({ user }: Person, fun: string, where: string, needed: string): string =>
  `${user} may not run ${fun} ${where}: external_auth or a role must allow ${needed}`;

function refused(
  audit: Pick<Audit, 'record'>,
  doer: Doer,
  what: Pick<Parameters<Audit['record']>[0], 'action' | 'fun' | 'target' | 'args'>,
  reason: string,
  count = 0,
): TsaltError {
  audit.record({ ...doer, ...what, outcome: 'refused', reason, count });
  return new TsaltError('not-authorised', reason);
}
