import type { Log } from '../../modules/define.ts';
import { TsaltError } from '../../protocol/errors.ts';
import type { From, PersonClient, RunRequest } from '../client/contract.ts';
import { opened } from '../client/local.ts';
import { type OperationParts, subscription } from '../client/operations.ts';
import { type House, isAdministrator, mayAsk, mayDo, maySee, type Person } from './person.ts';

export interface GuardParts {
  /** Proves the person anew. @throws TsaltError `not-authenticated` */
  readonly who: () => Promise<Person>;
  readonly from: From;
  readonly house: House;
  readonly operations: () => OperationParts;
  readonly log: Log;
}

/** The door for one person: each call is proved and checked before it is done. */
export function guarded({ who, house, operations }: GuardParts): PersonClient {
  return {
    run: async function* run(request) {
      const person = await who();
      const minions = operations().preview(request.target);
      if (!mayDo(person, jobCall(request, minions), house)) throw refusal(person, [request.fun].flat().join(', '), `on ${told(minions)}`);
      const extras = isAdministrator(person) ? {} : { only: minions };
      yield* opened(operations().run(request, person.user, extras));
    },
    preview: async (target) => {
      const person = await who();
      return operations()
        .preview(target)
        .filter((id) => maySee(person, id, house));
    },
    runner: async function* runner(request) {
      const person = await who();
      if (!mayAsk(person, 'runner', request.fun, request.args, request.kwargs, house))
        throw refusal(person, request.fun, 'as a runner (@runner)');
      yield* operations().runner(request, person.user);
    },
    wheel: async (fun, kwargs) => {
      const person = await who();
      if (!mayAsk(person, 'wheel', fun, [], kwargs, house)) throw refusal(person, fun, 'as a wheel function (@wheel)');
      return await operations().wheel(fun, kwargs, person.user);
    },
    events: async function* events(tag = '*') {
      const person = await who();
      if (!isAdministrator(person)) throw refusal(person, 'events', 'which only administrators may hear');
      yield* subscription(operations().bus, tag) as AsyncIterable<{ readonly tag: string; readonly data: unknown }>;
    },
  };
}

const jobCall = ({ fun, args }: RunRequest, minions: readonly string[]) => ({
  funs: [fun].flat(),
  args: typeof fun === 'string' ? [args] : args.map((one) => (Array.isArray(one) ? one : [])),
  minions,
});

const told = (minions: readonly string[]): string =>
  minions.length <= 3 ? minions.join(', ') || 'no minion' : `${minions.length} minions`;

const refusal = (person: Person, fun: string, where: string): TsaltError =>
  new TsaltError('not-authorised', `${person.user} may not run ${fun} ${where}: a permission or a role that allows it is needed`);
