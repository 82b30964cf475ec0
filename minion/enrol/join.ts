import type { Log } from '../../modules/define.ts';
import { messageOf, NotAccepted, TimedOut, TsaltError, WrongPeer } from '../../protocol/errors.ts';
import type { Admission, Exchange, MinionSession, MinionSuite } from '../../protocol/suites/suite.ts';
import { jitter, pause } from '../link/pause.ts';

/** How patient the minion is; times in milliseconds. Names in brackets are the options. */
export interface JoinPolicy {
  /** Between two questions while the key waits for the operator (`acceptance_wait_time`), doubling up to the maximum. */
  readonly waitMs: number;
  readonly waitMaxMs: number;
  /** Keep asking when the key was rejected (`rejected_retry`). */
  readonly rejectedRetry: boolean;
  /** Silent answers in a row before this master is given up (`auth_tries`). */
  readonly tries: number;
}

export interface Joined {
  readonly suite: MinionSuite;
  readonly session: MinionSession;
  readonly publishPort: number;
}

/**
 * Joins one master, however long the operator takes to accept the key. The first suite whose language the
 * master speaks is used: a suite that learns that the master does not speak it throws code `not-native`.
 * @throws NotAccepted (rejected), WrongPeer, TimedOut after `tries` silences, TsaltError `stopped`
 */
export async function join(
  suites: readonly MinionSuite[],
  exchange: Exchange,
  policy: JoinPolicy,
  log: Log,
  signal: AbortSignal,
): Promise<Joined> {
  const speakable = [...suites];
  let wait = policy.waitMs;
  let silences = 0;
  while (!signal.aborted) {
    try {
      const { suite, admission } = await introduce(speakable, exchange, log);
      if (admission.verdict === 'accepted') return { suite, session: admission.session, publishPort: admission.publishPort };
      silences = 0;
      refuseOrWait(admission.verdict, policy, wait, log);
    } catch (error) {
      if (!(error instanceof TimedOut)) throw error;
      silences += 1;
      if (silences >= policy.tries) throw error;
      log.warn(`the master is silent (${silences} of ${policy.tries}): ${messageOf(error)}`);
      continue;
    }
    await pause(jitter(wait, wait * 1.1), signal);
    wait = policy.waitMaxMs > wait ? Math.min(wait * 2, policy.waitMaxMs) : wait;
  }
  throw new TsaltError('stopped', 'the minion was stopped while it was joining');
}

/** A suite that the master turned out not to speak leaves the list. */
async function introduce(suites: MinionSuite[], exchange: Exchange, log: Log): Promise<{ suite: MinionSuite; admission: Admission }> {
  for (let suite = suites[0]; suite !== undefined; suite = suites[0]) {
    try {
      return { suite, admission: await suite.join(exchange) };
    } catch (error) {
      const next = suites[1];
      if (next === undefined || !(error instanceof TsaltError) || error.code !== 'not-native') throw error;
      log.info(`the master does not speak the ${suite.name} suite; going on with ${next.name}`);
      suites.shift();
    }
  }
  throw new WrongPeer('no suite is left to speak with this master');
}

function refuseOrWait(verdict: 'pending' | 'rejected' | 'full', policy: JoinPolicy, wait: number, log: Log): void {
  if (verdict === 'rejected' && !policy.rejectedRetry) {
    throw new NotAccepted(
      'rejected',
      'the master has rejected the key of this minion; delete it there (tsalt-key -d) or set rejected_retry: true',
    );
  }
  const why = {
    pending: 'the master has the key of this minion and waits for someone to accept it (tsalt-key -a)',
    rejected: 'the master has rejected the key of this minion',
    full: 'the master takes no more minions (max_minions)',
  }[verdict];
  log.warn(`${why}; asking again in ${Math.round(wait / 1000)} s`);
}
