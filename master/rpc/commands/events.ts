import type { EventBus } from '../../../kernel/events/bus.ts';
import type { Log } from '../../../modules/define.ts';
import { isMessage } from '../../../protocol/wire/envelope.ts';
import { type Command, listIn, textIn } from '../command.ts';

/** Tags that mean something the master itself did: no minion may fire them (Salt blocks them in one of two forms only). */
const OWNED = [
  /^salt\/job\/[^/]+\/(publish|new|return|ret)(\/|$)/,
  /^salt\/(key|auth|presence|cluster|run|cloud|stats|netapi)(\/|$)/,
  /^salt\/wheel\//,
  /^(key|salt)$/,
  /^\d{20}/,
];

/** `salt/minion/<id>/...` and its like name their minion: one may not speak for another. */
const NAMED = /^(?:salt\/minion|salt\/beacon|minion\/refresh|resource\/refresh)\/([^/]+)/;

export const mayFire = (minion: string, tag: string): boolean => {
  if (OWNED.some((pattern) => pattern.test(tag))) return false;
  const named = NAMED.exec(tag);
  return named === null || named[1] === minion;
};

export interface EventParts {
  readonly bus: EventBus;
  /** The minion daemon says it has just started. */
  readonly started: (minion: string) => void;
  readonly log: Log;
}

/** Events from minions onto the master's bus (wire-protocol sections 7.1 and 10). */
export const eventCommands = ({ bus, started, log }: EventParts): readonly Command[] => {
  const fire = (minion: string, tag: string | undefined, data: Readonly<Record<string, unknown>>): void => {
    if (tag === undefined || tag === '') return;
    if (!mayFire(minion, tag)) {
      log.warn(`${minion} may not fire the event ${JSON.stringify(tag.slice(0, 120))}: dropped`);
      return;
    }
    if (tag === 'minion_start' || tag === `salt/minion/${minion}/start`) started(minion);
    bus.fire(tag, data);
  };
  return [
    {
      name: '_minion_event',
      run: (minion, load) => {
        const pretag = textIn(load, 'pretag');
        const events = listIn(load, 'events');
        if (events === undefined) {
          const { nonce, tok, ...rest } = load;
          fire(minion, textIn(load, 'tag'), { ...rest, id: minion });
          return null;
        }
        for (const event of events) {
          if (!isMessage(event)) continue;
          const tag = textIn(event, 'tag');
          const full = pretag === undefined || tag === undefined ? tag : `${pretag}/${tag}`;
          const data = isMessage(event['data']) ? event['data'] : { data: event['data'] ?? null };
          fire(minion, full, data);
        }
        return null;
      },
    },
  ];
};
