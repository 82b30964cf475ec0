import type { EventBus } from '../../kernel/events/bus.ts';
import { isItem } from '../../kernel/schedule/item.ts';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import type { Metrics } from './metrics.ts';

export interface SourceParts {
  readonly metrics: Pick<Metrics, 'record'>;
  readonly bus: EventBus;
  /** Globs on functions whose returns are values (`metrics_functions`). */
  readonly functions: () => readonly unknown[];
  /** Now, in ms; for tests. */
  readonly now?: () => number;
}

const RETURN = /^salt\/job\/[^/]+\/ret\/(.+)$/;
const EVENT = /^salt\/minion\/([^/]+)\/metrics$/;

/**
 * Takes values from the bus: what functions of `metrics_functions` return, under the name of their module, and the
 * `values` of events `salt/minion/<id>/metrics`, which only the minion itself can fire. Until it is closed.
 */
export function listenForValues({ metrics, bus, functions, now = Date.now }: SourceParts): AsyncDisposable {
  let [globs, fits]: [readonly unknown[], (fun: string) => boolean] = [[], () => false];
  const isWanted = (fun: unknown): fun is string => {
    if (functions() !== globs) {
      globs = functions();
      const matchers = globs.map((glob) => globMatcher(String(glob)));
      fits = (name) => matchers.some((matches) => matches(name));
    }
    return typeof fun === 'string' && fits(fun);
  };
  const stop = bus.listen(({ tag, data }) => {
    const minion = RETURN.exec(tag)?.[1];
    if (minion !== undefined) {
      const { fun } = data;
      if (data['success'] !== false && isWanted(fun)) metrics.record(minion, now(), opened(data['return']), fun.split('.')[0]);
      return;
    }
    const sender = EVENT.exec(tag)?.[1];
    if (sender === undefined) return;
    const inner = isItem(data['data']) ? data['data'] : data;
    metrics.record(sender, now(), inner['values']);
  });
  return { [Symbol.asyncDispose]: async () => stop() };
}

const opened = (value: unknown): unknown => (value instanceof Packed ? decode(value.bytes) : value);
