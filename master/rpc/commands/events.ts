import { type EventBus, unixTime } from '../../../kernel/events/bus.ts';
import type { Log } from '../../../modules/define.ts';
import type { Message } from '../../../protocol/suites/suite.ts';
import { isMessage } from '../../../protocol/wire/envelope.ts';
import { type EventTagRules, mayFire } from '../../access/event-tags.ts';
import { type Command, listIn, textIn } from '../command.ts';

export interface EventParts {
  readonly bus: EventBus;
  readonly tags: EventTagRules;
  /** The minion daemon says it has just started. */
  readonly started: (minion: string) => void;
  readonly log: Log;
}

/** More events in one request are no batch of a minion's, and would hold up the others. */
const MOST_EVENTS = 10_000;

/** Events from minions onto the master's bus, in Salt's two forms (wire-protocol sections 7.1 and 10). */
export const eventCommands = ({ bus, tags, started, log }: EventParts): readonly Command[] => {
  const fire = (minion: string, tag: string | undefined, data: Message): void => {
    if (tag === undefined || tag === '') return;
    if (!mayFire(tags, minion, tag)) {
      log.warn(`${minion} may not fire the event ${JSON.stringify(tag.slice(0, 120))}: dropped (see the option minion_event_tags)`);
      return;
    }
    if (tag === 'minion_start' || tag === `salt/minion/${minion}/start`) started(minion);
    bus.fire(tag, data);
  };
  return [
    {
      name: '_minion_event',
      run: (minion, load) => {
        const events = listIn(load, 'events');
        if (events === undefined) {
          const { nonce, tok, sig, ...rest } = load;
          fire(minion, textIn(load, 'tag'), { ts: unixTime(), ...rest, id: minion });
          return null;
        }
        if (events.length > MOST_EVENTS) log.warn(`${minion} sent ${events.length} events at once: only ${MOST_EVENTS} are taken`);
        for (const event of events.slice(0, MOST_EVENTS)) {
          if (isMessage(event)) fire(minion, tagOf(event, textIn(load, 'pretag')), signed(minion, dataOf(event)));
        }
        return null;
      },
    },
  ];
};

function tagOf(event: Message, pretag: string | undefined): string | undefined {
  const tag = textIn(event, 'tag');
  return pretag === undefined || tag === undefined ? tag : `${pretag}/${tag}`;
}

/** Salt fires the event itself when it holds no `data`. */
function dataOf(event: Message): Message {
  if (!('data' in event)) return event;
  return isMessage(event['data']) ? event['data'] : { data: event['data'] };
}

/** Data that name a minion name the one that sent them: reactors trust `data['id']`. */
const signed = (minion: string, data: Message): Message => ('id' in data && data['id'] !== minion ? { ...data, id: minion } : data);
