import { hostname } from 'node:os';
import type { EventBus } from '../../kernel/events/bus.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { newJid } from '../../protocol/jid.ts';
import { joinFinger } from '../client/keys.ts';
import type { KeyStore } from '../keys/store.ts';
import type { MasterConfig } from '../options.ts';
import { keyWheel } from './key.ts';

export interface WheelParts {
  readonly keys: KeyStore;
  readonly config: () => MasterConfig;
  readonly bus: EventBus;
}

/** Changes to the master itself, with Salt's events around them (`salt/wheel/<jid>/new` and `ret`). */
export type RunWheel = (fun: string, kwargs: Readonly<Record<string, unknown>>, user: string, jid?: string) => Promise<unknown>;

/** What these return is a secret of the caller, and the event bus is heard by many. */
const SECRET = new Set(['key.gen', 'key.gen_accept', 'key.token']);

export function createWheels({ keys, config, bus }: WheelParts): RunWheel {
  const { pki_dir, hash_type, ret_port, interface: address } = config();
  const host = address === '0.0.0.0' || address === '::' ? hostname() : address;
  const functions = new Map(
    Object.entries(
      keyWheel({
        keys,
        pkiDir: pki_dir,
        hashType: hash_type,
        masterId: config().id === '' ? hostname() : config().id,
        joinAddress: ret_port === 4506 ? host : `${host}:${ret_port}`,
        joinFinger: () => joinFinger(pki_dir, hash_type),
      }),
    ),
  );
  return async (fun, kwargs, user, jid = newJid()) => {
    const called = functions.get(fun);
    if (called === undefined) throw new TsaltError('unknown-function', `there is no wheel function ${fun}`);
    bus.fire(`salt/wheel/${jid}/new`, { fun: `wheel.${fun}`, jid, tag: `salt/wheel/${jid}`, user });
    const tell = (value: unknown, success: boolean): void =>
      bus.fire(`salt/wheel/${jid}/ret`, { fun: `wheel.${fun}`, jid, tag: `salt/wheel/${jid}`, user, return: value, success });
    try {
      const value = await called(kwargs);
      tell(SECRET.has(fun) ? 'not shown' : (value ?? null), true);
      return value;
    } catch (error) {
      tell(messageOf(error), false);
      throw error;
    }
  };
}
