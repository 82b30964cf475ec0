import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { MasterPorts } from './simulated-minion.ts';

export interface FleetOptions {
  readonly ports: MasterPorts;
  readonly count: number;
  /** Ids are the prefix (default `sim`) and five digits, from `first` (default 0) on. */
  readonly prefix?: string;
  readonly first?: number;
  /** The file with the user's key (`cachedir/.root_key`), for publishing. */
  readonly userKeyFile: string;
  /** RSA key pairs, handed out in turn; default 100. */
  readonly keys?: number;
  /** Enrolments at a time; default 50. */
  readonly parallel?: number;
  /** Each return is a text of that size; default a bare `true`. */
  readonly returnBytes?: number;
  /**
   * False: the request connection of each is closed after its answer, and 1,000 of them at most are open at a time, which
   * nearly halves the descriptors. Real minions keep theirs.
   */
  readonly keepRequests?: boolean;
}

export type FleetOrder =
  | { readonly op: 'enrol' }
  | { readonly op: 'jobs'; readonly fun: string; readonly count: number; readonly burst: boolean; readonly limitSeconds: number }
  | { readonly op: 'count'; readonly jid: string; readonly atLeast: number; readonly limitSeconds: number }
  | { readonly op: 'stats' };

export interface EnrolReport {
  readonly enrolled: number;
  readonly seconds: number;
  readonly errors: readonly string[];
}
export interface JobsReport {
  readonly jids: readonly string[];
  /** Returns that the master acknowledged. */
  readonly returns: number;
  readonly missing: number;
  readonly seconds: number;
  /** From publication to the last acknowledgement; empty in a burst. */
  readonly perJob: readonly number[];
  readonly errors: readonly string[];
}
export interface Stats {
  /** Publications that were meant for one of these minions, once for each. */
  readonly received: number;
  readonly cpuSeconds: number;
  readonly errors: readonly string[];
}

/** Simulated minions of the `salt` suite, in a process of their own. One order at a time. Disposing of it ends the process. */
export class FleetProcess implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor(options: FleetOptions) {
    const file = fileURLToPath(new URL('./fleet-process.ts', import.meta.url));
    this.#child = fork(file, [JSON.stringify(options)], { execArgv: ['--import', 'tsx'] });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async enrol(): Promise<EnrolReport> {
    return (await this.#order({ op: 'enrol' })) as EnrolReport;
  }

  async jobs(jobs: {
    readonly count: number;
    readonly fun?: string;
    readonly burst?: boolean;
    readonly limitSeconds?: number;
  }): Promise<JobsReport> {
    const order = { op: 'jobs', fun: 'test.ping', burst: false, limitSeconds: 90, ...jobs } as const;
    return (await this.#order(order)) as JobsReport;
  }

  /** Returns of a job that were acknowledged, waiting until there are `atLeast` as many. */
  async acknowledged(jid: string, atLeast: number, limitSeconds = 60): Promise<number> {
    return (await this.#order({ op: 'count', jid, atLeast, limitSeconds })) as number;
  }

  async stats(): Promise<Stats> {
    return (await this.#order({ op: 'stats' })) as Stats;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.disconnect();
    await gone;
  }

  async #order(order: FleetOrder): Promise<unknown> {
    return await new Promise((resolve, reject) => {
      const died = (code: number | null): void => reject(new Error(`the process of the fleet ended with code ${code}`));
      this.#child.once('exit', died);
      this.#child.once('message', (answer: { readonly report?: unknown; readonly failed?: string }) => {
        this.#child.off('exit', died);
        if (answer.failed === undefined) resolve(answer.report);
        else reject(new Error(answer.failed));
      });
      this.#child.send(order);
    });
  }
}
