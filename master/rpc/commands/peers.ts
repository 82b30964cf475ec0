import type { Log } from '../../../modules/define.ts';
import type { Message } from '../../../protocol/suites/suite.ts';
import { mayPublish, mayRun, type PeerCall, type PeerRules, type Reach } from '../../access/peers.ts';
import type { RunEvent, RunRequest } from '../../client/contract.ts';
import { type Command, listIn, numberIn, textIn, textsIn } from '../command.ts';
import { targetIn } from './mine.ts';

export interface PeerParts {
  readonly rules: () => { readonly publish: PeerRules; readonly run: PeerRules };
  readonly reach: Reach;
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
/** A minion may not keep the master waiting for longer, in seconds. */
const LONGEST_WAIT = 3600;

/** Minions publishing to their peers (`publish.publish`), as far as `peer` allows. */
export const peerCommands = (parts: PeerParts): readonly Command[] => {
  /** Who published which job: only its publisher may read the results. */
  const publishers = new Map<string, string>();
  const remember = (jid: string, minion: string): void => {
    publishers.set(jid, minion);
    if (publishers.size > REMEMBERED) for (const oldest of publishers.keys()) if (publishers.delete(oldest)) break;
  };

  const allowed = (minion: string, load: Message): RunRequest | undefined => {
    const wanted = callsIn(load);
    const target = targetIn(load);
    if (wanted === undefined || target === undefined) return undefined;
    const { calls, several } = wanted;
    if (!mayPublish(parts.rules().publish, minion, calls, target, parts.reach)) {
      parts.log.warn(`${minion} may not publish ${calls.map(({ fun }) => fun).join(',')} to its peers: see the option peer`);
      return undefined;
    }
    const seconds = numberIn(load, 'timeout') ?? numberIn(load, 'tmo') ?? 5;
    return {
      target,
      fun: several ? calls.map(({ fun }) => fun) : (calls[0]?.fun ?? ''),
      args: several ? calls.map(({ args }) => args) : (calls[0]?.args ?? []),
      returners: textIn(load, 'ret') ?? '',
      timeout: Math.min(Math.max(seconds, 0), LONGEST_WAIT),
    };
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
        if (mayRun(parts.rules().run, minion, fun)) return await parts.runner(fun, listIn(load, 'arg') ?? [], minion);
        parts.log.warn(`${minion} may not run the runner ${JSON.stringify(fun.slice(0, 120))}: see the option peer_run`);
        return {};
      },
    },
  ];
};

/** One function, or `a,b` or a list of them, whose arguments are then a list (or a text of words) for each. */
function callsIn(load: Message): { readonly calls: readonly PeerCall[]; readonly several: boolean } | undefined {
  const fun = textIn(load, 'fun');
  const funs = fun === undefined ? textsIn(load, 'fun') : fun.split(',');
  if (funs === undefined || funs.length === 0) return undefined;
  const args = listIn(load, 'arg') ?? [];
  const [only] = funs;
  if (fun !== undefined && funs.length === 1 && only !== undefined) return { calls: [{ fun: only, args }], several: false };
  return { calls: funs.map((name, index) => ({ fun: name, args: argumentsOf(args[index]) })), several: true };
}

const argumentsOf = (each: unknown): readonly unknown[] =>
  Array.isArray(each) ? each : typeof each === 'string' ? each.split(/\s+/).filter((word) => word !== '') : [];

async function collect(events: AsyncIterable<RunEvent>, full: boolean): Promise<Readonly<Record<string, unknown>>> {
  const results: Record<string, unknown> = Object.create(null);
  for await (const event of events) {
    if (event.kind === 'published' && event.jid !== undefined && full) results['__jid__'] = event.jid;
    if (event.kind !== 'return') continue;
    const { minion: id, jid, value: ret, retcode, success } = event;
    results[id] = full ? { jid, id, ret, retcode, success } : ret;
  }
  return results;
}
