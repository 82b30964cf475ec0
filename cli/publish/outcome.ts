import type { RunEvent } from '../../master/client/contract.ts';
import { exitCode } from '../tool.ts';

export type Returned = Extract<RunEvent, { kind: 'return' }>;
export type Silent = Extract<RunEvent, { kind: 'silent' }>;

export const NO_MATCH = 'No minions matched the target. No command was sent, no jid was assigned.';
export const NO_RETURN = 'ERROR: No return received\n';
export const FAILED = 'ERROR: Minions returned with non-zero exit code\n';

/** Exit codes of `--strict-exit` beyond Salt's own. */
const SILENT = 3;

/** What became of a job as far as the command line saw it. */
export class Outcome {
  jid: string | undefined;
  matched = false;
  readonly failed: string[] = [];
  readonly returned: string[] = [];
  readonly silent: Silent[] = [];
  /** The highest return code. */
  worst = 0;

  add(event: Returned): void {
    this.returned.push(event.minion);
    if (event.retcode !== 0) this.failed.push(event.minion);
    this.worst = Math.max(this.worst, event.retcode);
  }

  /** 0 all fine, 1 a minion failed, 2 nobody matched, 3 somebody did not return. */
  get strict(): number {
    if (!this.matched) return exitCode.nothing;
    if (this.failed.length > 0) return exitCode.failed;
    return this.silent.length > 0 ? SILENT : exitCode.ok;
  }

  /** Salt's: 1 for failures and silence alike, with one line on stderr. */
  get plain(): { code: number; message: string } {
    const bad = this.failed.length > 0 || this.silent.length > 0;
    return bad ? { code: exitCode.failed, message: FAILED } : { code: exitCode.ok, message: '' };
  }
}

/** How to find a job's returns later, in the words Salt's users know. */
const lookup = (jid: string): string =>
  'The minions may not have all finished running and any remaining minions will return upon completion. ' +
  `To look up the return data for this job later, run the following command:\n\ntsalt-run jobs.lookup_jid ${jid}`;

/** What is printed for a minion that did not return: Salt's first line, then why, then where to look. */
export const silentText = (event: Silent): string =>
  ['Minion did not return. [No response]', ...(event.reason === '' ? [] : [event.reason]), lookup(event.jid)].join('\n');

/** What Ctrl-C prints. */
export const interruptedText = (jid: string | undefined): string =>
  `\nExiting gracefully on Ctrl-c\n${jid === undefined ? '' : `This job's jid is: ${jid}\n${lookup(jid)}\n`}`;

const RULE = '-------------------------------------------';

/** The counts below the results. */
export function summaryText(outcome: Outcome, verbose: boolean): string {
  const named = (label: string, minions: readonly string[]): string[] => (minions.length === 0 ? [] : [`${label}: ${minions.join(' ')}`]);
  return [
    '\n',
    RULE,
    'Summary',
    RULE,
    `# of minions targeted: ${outcome.returned.length + outcome.silent.length}`,
    `# of minions returned: ${outcome.returned.length}`,
    `# of minions that did not return: ${outcome.silent.length}`,
    `# of minions with errors: ${outcome.failed.length}`,
    ...(verbose
      ? named(
          'Minions not responding',
          outcome.silent.map((event) => event.minion),
        )
      : []),
    ...(verbose ? named('Minions with failures', outcome.failed) : []),
    RULE,
  ].join('\n');
}
