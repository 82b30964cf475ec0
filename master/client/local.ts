import { TsaltError } from '../../protocol/errors.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import type { MasterClient, RunEvent } from './contract.ts';
import { type OperationParts, type Persons, subscription } from './operations.ts';

/** What a program may ask of a master, for what runs in the master's own process. */
export type LocalClient = Pick<MasterClient, 'run' | 'runner' | 'wheel' | 'events'>;

/** In whose name jobs of the master's own are published. */
export const USER = 'root';

/** `parts` is undefined until the master answers requests. */
export function localClient(parts: () => OperationParts | undefined): LocalClient {
  const ready = (): OperationParts => {
    const found = parts();
    if (found === undefined) throw new TsaltError('not-ready', 'the master is still starting', { retry: true });
    return found;
  };
  return {
    run: (request) => opened(ready().run(request, USER)),
    runner: (request) => ready().runner(request, USER),
    wheel: async (fun, kwargs, jid) => await ready().wheel(fun, kwargs, USER, jid),
    events: (tag = '*') => subscription(ready().bus, tag) as AsyncIterable<{ readonly tag: string; readonly data: unknown }>,
  };
}

/** The whole door for what runs in the master's own process, such as the web. */
export function ownClient(parts: OperationParts, persons: Persons): MasterClient {
  return {
    ...localClient(() => parts),
    preview: async (target) => parts.preview(target),
    ...persons,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** With the values of returns as values: on their way to other programs they stay packed. */
export async function* opened(events: AsyncIterable<RunEvent>): AsyncIterable<RunEvent> {
  for await (const event of events)
    yield event.kind === 'return' && event.value instanceof Packed ? { ...event, value: decode(event.value.bytes) } : event;
}
