/** What the functions of the master answer, as far as the console reads it. Times are ISO 8601 in UTC. */
export interface Me {
  readonly user: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly perms: unknown;
  readonly csrf: string;
  readonly master: string;
  readonly version: string;
}

export interface Target {
  readonly kind: string;
  readonly expression: string | readonly string[];
}

export type Mark = 'ok' | 'warning' | 'error' | null;
export type Presence = 'online' | 'offline' | 'unknown' | 'never';

export interface FleetSummary {
  readonly online: number;
  readonly offline: number;
  readonly unknown: number;
  readonly total: number;
  readonly failing: number;
  readonly warning: number;
  readonly drifting: number;
  readonly keys_waiting: number;
}

export interface MinionRow {
  readonly id: string;
  readonly state: Presence;
  readonly since: string | null;
  readonly os: string | null;
  readonly osrelease: string | null;
  readonly version: string | null;
  readonly groups: readonly string[];
  readonly status: Mark;
  readonly status_message: string | null;
  readonly last_job: { readonly jid: string; readonly fun: string; readonly time: string; readonly success: boolean } | null;
  readonly drift: number | null;
}

export interface Minion extends MinionRow {
  readonly grains: Readonly<Record<string, unknown>>;
  readonly key_finger: string | null;
  readonly plugins: readonly PluginStatus[];
  readonly jobs: readonly JobRow[];
}

export interface Page<T> {
  readonly total: number;
  readonly rows: readonly T[];
}

export interface JobRow {
  readonly jid: string;
  readonly fun: string;
  readonly args?: readonly unknown[];
  readonly target: unknown;
  readonly target_type: string;
  readonly user: string;
  readonly start: string;
  readonly expected: number;
  readonly returned: number;
  readonly failed: number;
  readonly lost: number;
  readonly running: boolean;
  readonly success?: boolean;
  readonly time?: string;
}

export interface ReturnRow {
  readonly minion: string;
  /** `returned`, or why there is none: a final state, or what is known so far. */
  readonly state: string;
  readonly success: boolean | null;
  readonly retcode: number | null;
  readonly return?: unknown;
  /** Bytes of the whole return when it is cut. */
  readonly truncated: number | null;
  readonly out?: string | null;
  readonly reason: string | null;
  readonly at: string | null;
}

export interface JobReturns {
  readonly jid: string;
  readonly fun: string | readonly string[];
  readonly args?: readonly unknown[];
  readonly target: unknown;
  readonly target_type: string;
  readonly user: string;
  readonly start: string;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly waiting: number;
  readonly rows: readonly ReturnRow[];
}

export interface Group {
  readonly name: string;
  readonly kind: string;
  readonly expression: string;
  readonly description: string | null;
  readonly plugins: readonly string[];
  readonly watchers?: readonly string[];
  readonly source: 'saved' | 'config';
  readonly members: number;
  readonly online: number;
  readonly minions?: readonly string[];
}

export interface FormField {
  readonly name: string;
  /** string, text, int, number, bool, choice, multichoice, minion, secret, group */
  readonly type: string;
  readonly title: string;
  readonly help: string;
  readonly required: boolean;
  readonly default?: unknown;
  /** The choices, or the function on a minion that computes them. */
  readonly choices?: readonly string[] | { readonly function: string };
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  /** Of a group. */
  readonly fields?: readonly FormField[];
}

export interface Plugin {
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  readonly icon?: string | null;
  readonly version: string | null;
  readonly mode: 'enabled' | 'disabled' | 'debug';
  readonly changes: boolean;
  readonly form: readonly FormField[];
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly schedule: unknown;
  readonly problem: string | null;
  readonly configuration?: Readonly<Record<string, unknown>>;
}

export interface PluginStatus {
  readonly plugin: string;
  readonly minion: string;
  readonly status: string;
  readonly message: string | null;
  readonly data?: unknown;
  readonly at: string;
  readonly jid: string | null;
  readonly html?: string | null;
}

export interface Routine {
  readonly name: string;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly kind: string;
  readonly fun: string | null;
  readonly target: unknown;
  readonly target_type: string | null;
  readonly args: readonly unknown[] | null;
  readonly kwargs: Readonly<Record<string, unknown>> | null;
  readonly plugin: string | null;
  readonly parameters: Readonly<Record<string, unknown>> | null;
  readonly cron: string | null;
  readonly interval: number | null;
  readonly timezone: string | null;
  readonly splay: number | null;
  readonly maxrunning: number | null;
  readonly catch_up: string;
  readonly alerts: unknown;
  readonly next: string | null;
  readonly last: RoutineRun | null;
}

export interface RoutineRun {
  readonly slot: string;
  readonly started: string | null;
  readonly ended: string | null;
  readonly outcome: string;
  readonly jid: string | null;
  readonly reason?: string | null;
}

export interface Series {
  readonly minion: string;
  readonly name: string;
  readonly points: readonly (number | null)[];
}

export interface MetricsAnswer {
  readonly step: number;
  readonly from: string | number;
  readonly until: string | number;
  readonly series: readonly Series[];
}

export interface Threshold {
  readonly name?: string;
  readonly metric?: string;
  readonly [key: string]: unknown;
}

export interface Channel {
  readonly name: string;
  readonly kind: 'webhook' | 'mail';
  readonly enabled: boolean;
  readonly on: readonly string[];
  readonly repeat: number;
  readonly [field: string]: unknown;
}

export interface AlertRow {
  readonly at: string;
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
  readonly channels: readonly string[];
  readonly delivered: boolean;
}

export interface Enrolment {
  readonly line: string;
  readonly token: string;
  readonly expires: string;
  readonly finger: string;
  readonly group: string | null;
}

export interface DriftScore {
  /** Of what was measured; absent where it is the key. */
  readonly name?: string;
  readonly time: string;
  readonly jid: string;
  /** The share of states that are as described, from 0 to 1. */
  readonly score: number;
  readonly states: number;
  readonly drifting: readonly string[];
  readonly failing: readonly string[];
  readonly errors?: readonly string[];
}

export interface Keys {
  readonly minions: readonly string[];
  readonly minions_pre: readonly string[];
  readonly minions_rejected: readonly string[];
  readonly minions_denied: readonly string[];
}

export interface User {
  readonly name: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly [key: string]: unknown;
}

export interface AuditRow {
  readonly n: number;
  readonly at: string;
  readonly user: string;
  readonly eauth: string | null;
  readonly door: string;
  readonly address: string | null;
  readonly action: string;
  readonly fun: string | null;
  readonly target: unknown;
  readonly args: unknown;
  readonly jid: string | null;
  readonly outcome: 'allowed' | 'refused' | 'failed';
  readonly reason: string | null;
}
