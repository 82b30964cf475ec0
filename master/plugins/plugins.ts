import type { EventBus } from '../../kernel/events/bus.ts';
import type { Log, Returnable } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { ADMINISTRATOR } from '../access/roles.ts';
import type { RunEvent, RunRequest, Target } from '../client/contract.ts';
import type { Health } from '../fleet/board.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { type Groups, groupTarget } from '../groups/groups.ts';
import type { StateStore } from '../state/sqlite.ts';
import type { Plugin, PluginFinder } from './find.ts';
import { type Checked, check, type Parameters } from './form.ts';
import type { PluginResult, PluginStore } from './sqlite.ts';
import { failure, type Verdict, verdictOf } from './verdict.ts';

export interface PluginsParts {
  readonly finder: PluginFinder;
  readonly store: PluginStore;
  readonly state: StateStore;
  readonly fleet: Fleet;
  readonly groups: Groups;
  readonly bus: EventBus;
  readonly run: (request: RunRequest, user: string) => AsyncIterable<RunEvent>;
  /** How many results of each plugin are kept for each minion. */
  readonly keep: () => number;
  /** Takes the metrics of a result. */
  readonly record: (minion: string, at: number, metrics: Readonly<Record<string, number>>) => void;
  /** The status of a minion is another now. */
  readonly touched: (minion: string) => void;
  readonly log: Log;
}

export interface PluginRun {
  readonly name: string;
  readonly target: Target;
  readonly parameters: Parameters;
  readonly secrets: Parameters;
  /** Only a plugin that changes nothing. */
  readonly reading: boolean;
  /** Of the person who asks; absent: the master itself. */
  readonly roles?: readonly string[];
  readonly user: string;
  /** Told the id of the job as soon as it is out. */
  readonly started?: (jid: string) => void;
}

export interface Ran {
  readonly jid: string | undefined;
  readonly results: readonly PluginResult[];
  /** Minions that did not return, and why. */
  readonly silent: ReadonlyMap<string, string>;
}

/** What an operator set for a plugin, beside what its folder says. */
export interface Setting {
  readonly enabled?: boolean;
  readonly configuration: Parameters;
}

const BANK = 'plugins';
const NOT_THERE = 'it has no such plugin';
const bad = (text: string): TsaltError => new TsaltError('bad-plugin', text);

/** A plugin that names roles is for those and for administrators. @throws TsaltError `bad-plugin` */
function checkRoles({ name, roles }: Plugin, held: readonly string[] | undefined): void {
  if (roles.length === 0 || held === undefined) return;
  if (![ADMINISTRATOR, ...roles].some((role) => held.includes(role)))
    throw bad(`The plugin ${name} is for the roles ${roles.join(', ')} only.`);
}

/** Runs plugins, and remembers what they said. */
export class Plugins {
  readonly #parts: PluginsParts;
  /** The last result by minion and plugin, without data. */
  readonly #latest = new Map<string, Map<string, Pick<PluginResult, 'status' | 'message'>>>();

  /** Names and forms of the code that each minion was brought. */
  readonly #brought = new Map<string, Set<string>>();

  constructor(parts: PluginsParts) {
    this.#parts = parts;
    for (const result of parts.store.latest()) this.#remember(result);
  }

  /** The worst that plugins say of a minion. */
  healthOf(minion: string): { readonly status: Health; readonly message: string } | undefined {
    const all = [...(this.#latest.get(minion) ?? [])];
    for (const status of ['error', 'warning', 'OK'] as const) {
      const found = all.find(([, result]) => result.status === status);
      if (found !== undefined) return { status: status === 'OK' ? 'ok' : status, message: `${found[0]}: ${found[1].message}` };
    }
    return undefined;
  }

  setting(name: string): Setting {
    const value = this.#parts.state.get(BANK, name);
    if (typeof value !== 'object' || value === null) return { configuration: {} };
    const { enabled, configuration } = value as Readonly<Record<string, unknown>>;
    const isMap = typeof configuration === 'object' && configuration !== null;
    return { ...(typeof enabled === 'boolean' ? { enabled } : {}), configuration: isMap ? (configuration as Parameters) : {} };
  }

  configure(name: string, setting: Setting): void {
    this.#parts.state.set(BANK, name, setting);
    this.#parts.state.flush();
    this.#parts.bus.fire('tsalt/plugins/changed', { name });
  }

  /** The plugin, whether or not it may run. @throws TsaltError `bad-plugin` */
  async need(name: string): Promise<Plugin> {
    const plugin = await this.#parts.finder.find(name);
    if (plugin === undefined)
      throw bad(`There is no plugin ${name.slice(0, 60)}: a folder _plugins/${name.slice(0, 60)} of the file roots makes one.`);
    return plugin;
  }

  /** As an operator set it: a setting goes before the folder's own word. */
  modeOf(plugin: Plugin): Plugin['mode'] {
    const { enabled } = this.setting(plugin.name);
    if (enabled === undefined) return plugin.mode;
    return !enabled ? 'disabled' : plugin.mode === 'disabled' ? 'enabled' : plugin.mode;
  }

  check(plugin: Plugin, parameters: Parameters, secrets: Parameters): Checked {
    const configured = { ...plugin.configuration, ...this.setting(plugin.name).configuration };
    const known = plugin.form === undefined ? configured : {};
    const checked = check(plugin.form, withDefaults(plugin, configured, { ...known, ...parameters }), secrets);
    return { ...checked, values: { ...configured, ...checked.values } };
  }

  /** @throws TsaltError `bad-plugin` with a sentence, before anything is sent */
  async run(request: PluginRun): Promise<Ran> {
    const plugin = await this.#ready(request);
    checkRoles(plugin, request.roles);
    const { values, secrets, errors } = this.check(plugin, request.parameters, request.secrets);
    const wrong = Object.entries(errors).map(([field, why]) => `${field}: ${why}`);
    if (wrong.length > 0) throw bad(`The parameters of ${plugin.name} are wrong: ${wrong.join('; ')}.`);
    this.#checkGroups(plugin, request.target);
    // A plugin that is given nothing need not take anything.
    const given = { ...(isEmpty(values) ? {} : { parameters: values }), ...(isEmpty(secrets) ? {} : { secrets }) };
    const job: RunRequest = {
      target: request.target,
      fun: `plugin_${plugin.name}.run`,
      args: isEmpty(given) ? [] : [{ ...given, __kwarg__: true }],
      ...(plugin.timeout === undefined ? {} : { timeout: plugin.timeout }),
    };
    await this.#bring(plugin, request);
    const first = await this.#publish(plugin, job, request);
    const { jid, lacking } = first;
    if (jid === undefined || lacking.length === 0) return first;
    // A minion that lost what it was brought, or one that was not there then.
    const target: Target = { kind: 'list', expression: lacking };
    await this.#sync(target, request.user);
    const second = await this.#publish(plugin, { ...job, target }, { user: request.user }, jid);
    const without = second.lacking.map((minion) => this.#keep(plugin, minion, jid, failure(second.whyLacking.get(minion) ?? NOT_THERE)));
    return {
      jid,
      results: [...first.results, ...second.results, ...without].sort((a, b) => (a.minion < b.minion ? -1 : 1)),
      silent: new Map([...first.silent, ...second.silent]),
    };
  }

  /** Synchronises modules on minions that were not brought this form of the plugin's code since the master started. */
  async #bring({ name, code }: Plugin, { target, user }: PluginRun): Promise<void> {
    const form = `${name} ${code}`;
    const all = this.#parts.fleet.match(target).minions.filter((minion) => this.#brought.get(minion)?.has(form) !== true);
    const minions = all.filter((minion) => this.#parts.fleet.presence.of(minion).state === 'online');
    if (minions.length === 0) return;
    for (const minion of await this.#sync({ kind: 'list', expression: minions }, user)) {
      const known = this.#brought.get(minion) ?? new Set<string>();
      this.#brought.set(minion, known.add(form));
    }
  }

  /** @returns who has synchronised */
  async #sync(target: Target, user: string): Promise<readonly string[]> {
    const done: string[] = [];
    for await (const event of this.#parts.run({ target, fun: 'saltutil.sync_modules', args: [] }, user))
      if (event.kind === 'return' && event.success) done.push(event.minion);
    return done;
  }

  async #ready({ name, reading }: PluginRun): Promise<Plugin> {
    const plugin = await this.need(name);
    if (plugin.problem !== undefined) throw bad(`The plugin ${name} cannot run: ${plugin.problem}.`);
    if (this.modeOf(plugin) === 'disabled') throw bad(`The plugin ${name} is disabled.`);
    if (reading && plugin.changes)
      throw bad(`The plugin ${name} changes machines: plugins.check runs only those that say "changes: false".`);
    return plugin;
  }

  #checkGroups({ name, groups }: Plugin, target: Target): void {
    if (groups.length === 0) return;
    const allowed = new Set(groups.flatMap((group) => this.#parts.fleet.match(groupTarget(this.#parts.groups.need(group))).minions));
    const other = this.#parts.fleet.match(target).minions.find((minion) => !allowed.has(minion));
    if (other !== undefined) throw bad(`The plugin ${name} is for the groups ${groups.join(', ')} only, and ${other} is in none of them.`);
  }

  /** Publishes once; who lacks the module is told apart. `under`: the job whose results these are. */
  async #publish(plugin: Plugin, job: RunRequest, { user, started }: Pick<PluginRun, 'user' | 'started'>, under?: string) {
    let jid: string | undefined;
    const results: PluginResult[] = [];
    const silent = new Map<string, string>();
    const whyLacking = new Map<string, string>();
    for await (const event of this.#parts.run(job, user)) {
      if (event.kind === 'published') {
        jid = event.jid;
        if (jid !== undefined) started?.(jid);
      } else if (event.kind === 'silent') silent.set(event.minion, event.reason);
      else if (event.kind === 'return') {
        silent.delete(event.minion);
        const value = event.value instanceof Packed ? decode(event.value.bytes) : event.value;
        if (isMissing(plugin.name, value)) whyLacking.set(event.minion, String(value));
        else results.push(this.#keep(plugin, event.minion, under ?? event.jid, this.#verdict(plugin, event.success, value)));
      }
    }
    return { jid, results, silent, whyLacking, lacking: [...whyLacking.keys()].sort() };
  }

  /** A function that threw returns its words. */
  #verdict(plugin: Plugin, success: boolean, value: unknown): Verdict {
    if (typeof value === 'string' && !success) return failure(lastLine(value), value);
    const verdict = verdictOf(value);
    if (this.modeOf(plugin) === 'debug') this.#parts.log.info(`the plugin ${plugin.name} said ${verdict.status}: ${verdict.message}`);
    return verdict;
  }

  #keep(plugin: Plugin, minion: string, jid: string, verdict: Verdict): PluginResult {
    const result: PluginResult = { plugin: plugin.name, minion, at: Date.now(), jid, ...verdict };
    const before = this.#latest.get(minion)?.get(plugin.name);
    try {
      this.#parts.store.add(result, this.#parts.keep());
    } catch (error) {
      this.#parts.log.error(`what ${plugin.name} said of ${minion} could not be kept: ${messageOf(error)}`);
    }
    this.#remember(result);
    if (Object.keys(result.metrics).length > 0) this.#parts.record(minion, result.at, result.metrics);
    if (before?.status !== result.status || before.message !== result.message) {
      const { status, message } = result;
      this.#parts.bus.fire(`tsalt/plugin/${plugin.name}/${minion}`, { plugin: plugin.name, minion, status, message, jid });
      this.#parts.touched(minion);
    }
    return result;
  }

  forget(minion: string): void {
    this.#latest.delete(minion);
    this.#brought.delete(minion);
    this.#parts.store.forget(minion);
  }

  #remember({ plugin, minion, status, message }: Pick<PluginResult, 'plugin' | 'minion' | 'status' | 'message'>): void {
    const own = this.#latest.get(minion) ?? new Map<string, Pick<PluginResult, 'status' | 'message'>>();
    this.#latest.set(minion, own);
    own.set(plugin, { status, message });
  }
}

/** What is configured fills in fields that were not given, before the form's own defaults do. */
function withDefaults({ form }: Plugin, configured: Parameters, given: Parameters): Parameters {
  const fields = (form ?? []).filter(({ name, type }) => type !== 'secret' && name in configured && given[name] === undefined);
  return { ...Object.fromEntries(fields.map(({ name }): [string, Returnable] => [name, configured[name] ?? null])), ...given };
}

const isEmpty = (map: object): boolean => Object.keys(map).length === 0;

/** The words of Salt and ours for a function that a minion does not have. */
const isMissing = (name: string, value: unknown): boolean =>
  typeof value === 'string' &&
  (value.includes(`'plugin_${name}.run' is not available`) || value.includes(`'plugin_${name}' __virtual__ returned False`));

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
