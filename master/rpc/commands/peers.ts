import type { Log } from '../../../modules/define.ts';
import { TsaltError } from '../../../protocol/errors.ts';
import type { Message } from '../../../protocol/suites/suite.ts';
import type { PeerRules } from '../../access/peers.ts';
import { peerMay } from '../../access/peers.ts';
import type { RunEvent, RunRequest } from '../../client/contract.ts';
import { type Command, listIn, numberIn, textIn } from '../command.ts';
import { targetIn } from './mine.ts';

export interface PeerParts {
  readonly rules: () => { readonly publish: PeerRules; readonly run: PeerRules };
  readonly publish: (request: RunRequest, by: string) => Promise<{ readonly jid: string; readonly minions: readonly string[] } | undefined>;
  /** Publishes and collects until all returned or the time is over. */
  readonly follow: (request: RunRequest, by: string) => AsyncIterable<RunEvent>;
  /** Returns of a job so far. */
  readonly results: (jid: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly runner: (fun: string, args: readonly unknown[], by: string) => Promise<unknown>;
  readonly log: Log;
}

/** How many of its jobs a minion may still ask for. */
const REMEMBERED = 1000;

/** Minions publishing to their peers (`publish.publish`), as far as `peer` allows. */
export const peerCommands = (parts: PeerParts): readonly Command[] => {
  /** Who published which job: only its publisher may read the results. */
  const publishers = new Map<string, string>();
  const remember = (jid: string, minion: string): void => {
    publishers.set(jid, minion);
    if (publishers.size > REMEMBERED) for (const oldest of publishers.keys()) if (publishers.delete(oldest)) break;
  };

  const allowed = (minion: string, load: Message): RunRequest | undefined => {
    const fun = textIn(load, 'fun');
    const target = targetIn(load);
    if (fun === undefined || target === undefined) return undefined;
    if (fun.split(',').some((name) => !peerMay(parts.rules().publish, minion, name))) {
      parts.log.warn(`${minion} may not publish ${fun} to its peers: see the option peer`);
      return undefined;
    }
    return { target, fun, args: listIn(load, 'arg') ?? [], returners: textIn(load, 'ret') ?? '', timeout: numberIn(load, 'tmo') ?? 5 };
  };

  return [
    {
      name: 'minion_pub',
      run: async (minion, load) => {
        const request = allowed(minion, load);
        const published = request === undefined ? undefined : await parts.publish(request, minion);
        if (published === undefined) return {};
        remember(published.jid, minion);
        return { jid: published.jid, minions: published.minions };
      },
    },
    {
      name: 'minion_publish',
      run: async (minion, load) => {
        const request = allowed(minion, load);
        return request === undefined ? {} : await collect(parts.follow(request, minion), load['form'] === 'full');
      },
    },
    {
      name: 'pub_ret',
      run: async (minion, load) => {
        const jid = textIn(load, 'jid') ?? '';
        return publishers.get(jid) === minion ? await parts.results(jid) : {};
      },
    },
    {
      name: 'minion_runner',
      run: async (minion, load) => {
        const fun = textIn(load, 'fun') ?? '';
        if (!peerMay(parts.rules().run, minion, fun)) return {};
        return await parts.runner(fun, listIn(load, 'arg') ?? [], minion);
      },
    },
  ];
};

async function collect(events: AsyncIterable<RunEvent>, full: boolean): Promise<Readonly<Record<string, unknown>>> {
  const results: Record<string, unknown> = Object.create(null);
  for await (const event of events) {
    if (event.kind === 'return')
      results[event.minion] = full ? { ret: event.value, retcode: event.retcode, success: event.success } : event.value;
    if (event.kind === 'published' && event.jid === undefined) throw new TsaltError('no-match', 'no minion matched');
  }
  return results;
}
