import { CommandFailed, type Ctx, call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { rolesHeld, seen } from '../access/viewer.ts';
import type { RunEvent, RunRequest, Target } from '../client/contract.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { masked } from '../fleet/masked.ts';
import { type Groups, groupTarget } from '../groups/groups.ts';
import type { Computed, Field } from '../plugins/definition.ts';
import type { Plugin, PluginFinder } from '../plugins/find.ts';
import type { Parameters } from '../plugins/form.ts';
import type { Plugins, Ran } from '../plugins/plugins.ts';
import { renderResult } from '../plugins/render.ts';
import type { PluginResult, PluginStore } from '../plugins/sqlite.ts';
import { ownCall } from './progress.ts';

export interface PluginsRunnerParts {
  readonly plugins: Plugins;
  readonly finder: PluginFinder;
  readonly store: PluginStore;
  readonly fleet: Fleet;
  readonly groups: Groups;
  readonly ask: (request: RunRequest) => AsyncIterable<RunEvent>;
}

/** Minions that are asked for choices at most: one that knows them is enough. */
const ASKED = 5;
const MOST_ROWS = 1000;
const MOST_CHOICES = 5000;

const NAME = { type: 'string', required: true, doc: 'the name of the plugin' } as const;
const MINION = { type: 'string', required: true, doc: 'the id of the minion' } as const;
const TARGET = {
  expression: { type: 'string', required: true, doc: 'which minions' },
  kind: { type: 'string', default: 'glob', doc: 'how that is meant: glob, list, compound, nodegroup, ...' },
} as const;
const RUN = {
  name: NAME,
  ...TARGET,
  parameters: { type: 'map', default: {}, doc: 'what its form asks for' },
  secrets: { type: 'map', default: {}, doc: 'what its form asks for as secrets; hidden wherever the call is told' },
  wait: { type: 'boolean', default: true, doc: 'wait for the results; else answer the job id at once' },
} as const;

/** Plugins: programs of the users that look after minions, with a form, a status and a page. */
export const pluginsRunner = (parts: PluginsRunnerParts): ExecModule => {
  const { plugins, finder, store } = parts;
  return execModule({
    name: 'plugins',
    doc: 'Plugins: folders of the file server with a module that tells the status of a minion.',
    calls: {
      list: call({
        doc: 'List the plugins.',
        examples: ['tsalt-run plugins.list'],
        args: {},
        changes: false,
        run: async () => (await finder.all()).map((plugin) => shown(plugins, plugin)),
      }),
      show: call({
        doc: 'Show one plugin, with its configuration; what is secret is hidden.',
        examples: ['tsalt-run plugins.show disk'],
        args: { name: NAME },
        changes: false,
        run: async (_ctx, { name }) => {
          const plugin = await plugins.need(name);
          const configuration = masked({ ...plugin.configuration, ...plugins.setting(name).configuration });
          return { ...shown(plugins, plugin), configuration, template: plugin.template !== undefined };
        },
      }),
      run: call({
        doc: 'Run a plugin on minions, and show what it says of each. Those that lack it get it first.',
        examples: [
          "tsalt-run plugins.run disk '*'",
          "tsalt-run plugins.run services 'web*' parameters='{action: restart, services: [nginx]}'",
        ],
        args: RUN,
        changes: true,
        run: async (ctx, args) => await start(parts, ctx, args, false),
      }),
      check: call({
        doc: 'The same for plugins that change nothing, which is all who only watch may run.',
        examples: ["tsalt-run plugins.check disk '*'"],
        args: RUN,
        changes: false,
        run: async (ctx, args) => await start(parts, ctx, args, true),
      }),
      validate: call({
        doc: 'Say what is wrong with parameters, by field, without running anything.',
        examples: ["tsalt-run plugins.validate disk parameters='{warning: high}'"],
        args: { name: NAME, parameters: RUN.parameters, secrets: RUN.secrets },
        changes: false,
        run: async (_ctx, { name, parameters, secrets }) => {
          const { errors } = plugins.check(await plugins.need(name), parameters, secrets);
          return { valid: Object.keys(errors).length === 0, errors: { ...errors } };
        },
      }),
      choices: call({
        doc: 'Show what can be chosen in a field of the form; where a function computes that, a few of the minions are asked.',
        examples: ["tsalt-run plugins.choices services services 'web*'"],
        args: { name: NAME, field: { type: 'string', required: true, doc: 'the field; a.b in a group' }, ...TARGET },
        changes: false,
        run: async (_ctx, { name, field, kind, expression }) => {
          const found = fieldOf((await plugins.need(name)).form ?? [], field.split('.'));
          if (found?.choices === undefined) throw new CommandFailed(`The plugin ${name} has no field ${field} with choices.`);
          return isComputed(found.choices) ? await computed(parts, found.choices, { kind, expression }) : [...found.choices];
        },
      }),
      status: call({
        doc: 'Show what plugins said last: of a minion, of a group, or of all minions.',
        examples: ['tsalt-run plugins.status web1', 'tsalt-run plugins.status group=web'],
        args: {
          minion: { type: 'string', doc: 'the id of a minion' },
          group: { type: 'string', doc: 'the name of a group' },
        },
        changes: false,
        run: (_ctx, { minion, group }) => {
          if (minion !== undefined) return statusOf(store, seen(minion));
          const members = group === undefined ? parts.fleet.ids() : parts.fleet.match(groupTarget(parts.groups.need(group))).minions;
          const wanted = new Set(members);
          return store.latest().flatMap((result) => (wanted.has(result.minion) ? [told(result)] : []));
        },
      }),
      history: call({
        doc: 'Show what a plugin said of a minion, newest first.',
        examples: ['tsalt-run plugins.history disk web1 limit=10'],
        args: { name: NAME, minion: MINION, limit: { type: 'number', default: 50, doc: 'so many at most' } },
        changes: false,
        run: (_ctx, { name, minion, limit }) =>
          store.history(name, seen(minion), Math.min(Math.max(1, Math.trunc(limit)), MOST_ROWS)).map(told),
      }),
      result: call({
        doc: 'Show what a plugin said of a minion in one job, with its page when it has a template for one.',
        examples: ['tsalt-run plugins.result 20261124010203456789 web1'],
        args: { jid: { type: 'string', required: true, doc: 'the job id' }, minion: MINION },
        changes: false,
        run: async (_ctx, { jid, minion }) => {
          const result = store.ofJob(jid, seen(minion));
          if (result === undefined)
            throw new CommandFailed(`No result of a plugin for ${minion} is kept from the job ${jid.slice(0, 40)}.`);
          return { ...told(result), ...(await pageOf(finder, result)) };
        },
      }),
    },
  });
};

/** The last result of each plugin for a minion. */
export const statusOf = (store: PluginStore, minion: string): Returnable => store.ofMinion(minion).map(told);

function shown(plugins: Plugins, plugin: Plugin): Record<string, Returnable> {
  const { name, title, description, icon, version, changes, roles, groups, form, schedule, timeout, problem } = plugin;
  return {
    name,
    title,
    description,
    icon,
    version,
    mode: plugins.modeOf(plugin),
    changes,
    form: (form ?? []).map(fieldShown),
    roles: [...roles],
    groups: [...groups],
    schedule: schedule ?? null,
    timeout: timeout ?? null,
    problem: problem ?? null,
  };
}

const fieldShown = ({ title, fields, choices, ...field }: Field): Returnable => ({
  ...field,
  title,
  ...(choices === undefined ? {} : { choices: choices as unknown as Returnable }),
  ...(fields === undefined ? {} : { fields: fields.map(fieldShown) }),
});

const told = ({ at, ...result }: Omit<PluginResult, 'data' | 'metrics'> | PluginResult): Record<string, Returnable> => ({
  ...result,
  at: new Date(at).toISOString(),
});

interface Args {
  readonly name: string;
  readonly expression: string;
  readonly kind: string;
  readonly parameters: Parameters;
  readonly secrets: Parameters;
  readonly wait: boolean;
}

async function start({ plugins }: PluginsRunnerParts, ctx: Ctx, args: Args, reading: boolean): Promise<Returnable> {
  const { name, kind, expression, parameters, secrets } = args;
  const roles = rolesHeld();
  const run = (started: (jid: string) => void) =>
    plugins.run({
      name,
      target: { kind, expression: kind === 'list' ? expression.split(',') : expression },
      parameters,
      secrets,
      reading,
      ...(roles === undefined ? {} : { roles }),
      user: ownCall()?.user ?? 'root',
      started,
    });
  if (!args.wait) {
    const jid = await new Promise<string | undefined>((resolve, reject) => {
      run(resolve).then(
        (ran) => resolve(ran.jid),
        (error: unknown) => {
          ctx.log.error(`the plugin ${name} did not end well: ${messageOf(error)}`);
          reject(error);
        },
      );
    });
    return { plugin: name, jid: jid ?? null };
  }
  const ran = await run(() => undefined);
  if (ran.results.some(({ status }) => status === 'error') || ran.silent.size > 0) ctx.retcode(1);
  return summary(name, ran);
}

function summary(plugin: string, { jid, results, silent }: Ran): Returnable {
  if (jid === undefined) throw new CommandFailed('No minions matched the target.');
  const answers = results.map(({ minion, status, message, data }): [string, Returnable] => [minion, { status, message, data }]);
  const others = [...silent].map(([minion, reason]): [string, Returnable] => [minion, { status: null, message: reason, data: null }]);
  return { plugin, jid, minions: Object.assign(Object.create(null), Object.fromEntries([...answers, ...others])) };
}

function fieldOf(fields: readonly Field[], [name, ...rest]: readonly string[]): Field | undefined {
  const found = fields.find((field) => field.name === name);
  return rest.length === 0 || found === undefined ? found : fieldOf(found.fields ?? [], rest);
}

const isComputed = (choices: NonNullable<Field['choices']>): choices is Computed => !Array.isArray(choices);

/** What a function returns on some of the minions, put together and sorted. */
async function computed({ fleet, ask }: PluginsRunnerParts, { function: fun, args }: Computed, target: Target): Promise<Returnable> {
  const online = fleet.match(target).minions.filter((id) => fleet.presence.of(id).state === 'online');
  const expression = online.slice(0, ASKED);
  if (expression.length === 0) throw new CommandFailed('None of these minions is there to be asked what can be chosen.');
  const found = new Set<string>();
  for await (const event of ask({ target: { kind: 'list', expression }, fun, args })) {
    if (event.kind !== 'return' || !event.success) continue;
    for (const choice of choicesIn(event.value instanceof Packed ? decode(event.value.bytes) : event.value)) found.add(choice);
  }
  return [...found].sort().slice(0, MOST_CHOICES);
}

function choicesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.filter((item) => typeof item !== 'object').map(String);
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** A template that fails leaves the data, and says why. */
async function pageOf(finder: PluginFinder, result: PluginResult): Promise<Readonly<Record<string, Returnable>>> {
  const template = (await finder.find(result.plugin))?.template;
  if (template === undefined) return {};
  try {
    return { html: await renderResult(template, result) };
  } catch (error) {
    return { html: null, html_problem: messageOf(error) };
  }
}
