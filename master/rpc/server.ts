import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { MasterSuite, Message, Opened } from '../../protocol/suites/suite.ts';
import { decodeEnvelope, isMessage } from '../../protocol/wire/envelope.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import type { Command } from './command.ts';

/** Answers the clear (unsealed) requests of local programs: `ping`, `publish`, `runner`, `wheel`. */
export type ClearRequests = (load: Message) => Promise<unknown>;

export interface RpcParts {
  readonly salt: MasterSuite;
  readonly native: MasterSuite;
  readonly commands: readonly Command[];
  readonly clear: ClearRequests;
  /** Something authenticated came from this minion. */
  readonly seen: (minion: string) => void;
  /** Bytes of a clear frame, whose sender has proved nothing yet. */
  readonly clearMax: number;
  readonly log: Log;
}

/** Salt's answers to what it cannot use (wire-protocol section 3). */
const ROUTING_ERROR = encode({ error: 'Routing error' });
const BAD_LOAD = encode('bad load');
const FAILED = encode('Some exception handling minion payload');

/** The request port: one frame in, one frame out, whatever comes in. */
export function createRpc(parts: RpcParts): (frame: Uint8Array) => Promise<Uint8Array> {
  const commands = new Map(parts.commands.map((command) => [command.name, command]));

  const run = async (opened: Extract<Opened, { kind: 'request' }>): Promise<Uint8Array> => {
    if (opened.minion !== '') parts.seen(opened.minion);
    const name = opened.load['cmd'];
    const command = typeof name === 'string' ? commands.get(name) : undefined;
    if (command === undefined || (opened.minion === '' && command.anonymous !== true)) return opened.reply({});
    try {
      const answer = await command.run(opened.minion, opened.load);
      return command.answersPrivately ? opened.replyPrivate(answer) : opened.reply(answer ?? null);
    } catch (error) {
      parts.log.error(`${command.name} of ${opened.minion} failed: ${messageOf(error)}`);
      return opened.reply('');
    }
  };

  const answered = async (suite: MasterSuite, envelope: Message): Promise<Uint8Array> => {
    const opened = await suite.open(envelope);
    if (opened.kind === 'request') return await run(opened);
    if (opened.joined !== undefined) parts.seen(opened.joined.id);
    return opened.frame;
  };

  const dispatch = async (frame: Uint8Array, envelope: Message): Promise<Uint8Array> => {
    const { enc, load } = envelope;
    if (enc === 'native') return await answered(parts.native, envelope);
    if (enc === 'aes') return await answered(parts.salt, envelope);
    if (enc !== 'clear' || load === undefined || frame.length > parts.clearMax) return BAD_LOAD;
    if (!isMessage(load)) return encode('payload and load must be a dict');
    if (load['cmd'] === '_auth') return await answered(parts.salt, envelope);
    return encode(await parts.clear(load));
  };

  return async (frame) => {
    const envelope = readEnvelope(frame);
    if (envelope === 'nothing') return ROUTING_ERROR;
    if (envelope === 'no map') return BAD_LOAD;
    try {
      return await dispatch(frame, envelope);
    } catch (error) {
      // Whoever asked waits for an answer, and holds its connection until there is one.
      parts.log.error(`a request failed before it was understood: ${messageOf(error)}`);
      return FAILED;
    }
  };
}

/** Salt answers two cases differently: what is no msgpack, and what is no map with text keys. */
function readEnvelope(frame: Uint8Array): Message | 'nothing' | 'no map' {
  try {
    return decodeEnvelope(frame);
  } catch {
    // Answered as Salt answers it; what cannot be read is no event worth a log line.
    return isValue(frame) ? 'no map' : 'nothing';
  }
}

function isValue(frame: Uint8Array): boolean {
  try {
    decode(frame);
    return true;
  } catch {
    return false;
  }
}
