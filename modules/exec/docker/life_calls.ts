import { CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { Engine, part } from './engine.ts';
import { containers, ifKnown, inspectContainer, type State, stateIn, stateOf, tellMine } from './inspect.ts';
import { type Fields, fields, ownKeywords } from './values.ts';

const name = { type: 'string', required: true, doc: 'name or id of the container' } as const;

/** Seconds that `docker stop` gives a container, unless it says otherwise itself. */
const GRACE = 10;

interface Step {
  readonly action: string;
  readonly to: State;
  readonly query?: Readonly<Record<string, Returnable | undefined>>;
  /** Seconds that the engine may take beyond the usual. */
  readonly longer?: number;
}

const refused = (state: State, comment: string): Fields => ({ result: false, state: { old: state, new: state }, comment });

/** Brings a container into a state, and says from which it came. */
async function change(ctx: Ctx, container: string, step: Step): Promise<Fields> {
  const before = await stateOf(ctx, container);
  if (step.action !== 'restart' && before === step.to) return refused(step.to, `Container '${container}' already ${step.to}`);
  const ask = { query: step.query ?? {}, timeout: 60 + (step.longer ?? 0) };
  await (await Engine.of(ctx)).json('POST', `/containers/${part(container)}/${step.action}`, ask);
  const after = await ifKnown(settled(ctx, container, step.to));
  return { result: after === step.to, state: { old: before, new: after ?? null } };
}

/** The engine answers to a kill before the container has ended. */
async function settled(ctx: Ctx, container: string, wanted: State): Promise<State> {
  const state = await stateOf(ctx, container);
  if (state === wanted || wanted !== 'stopped') return state;
  await Promise.race([
    (await Engine.of(ctx)).json('POST', `/containers/${part(container)}/wait`, { timeout: 0 }),
    new Promise((resolve) => setTimeout(resolve, 2000).unref()),
  ]);
  return await stateOf(ctx, container);
}

async function stop(ctx: Ctx, container: string, timeout: number | undefined, unpause: boolean): Promise<Fields> {
  const info = await inspectContainer(ctx, container);
  const [before, seconds] = [stateIn(info), timeout ?? Number(fields(info['Config'])['StopTimeout'] ?? GRACE)];
  if (before === 'paused') {
    if (!unpause) return refused(before, `Container '${container}' is paused, run with unpause=True to unpause before stopping`);
    const freed = await change(ctx, container, { action: 'unpause', to: 'running' });
    if (freed['result'] === false) return { ...freed, comment: `Failed to unpause container '${container}'` };
  }
  const done = await change(ctx, container, { action: 'stop', to: 'stopped', query: { t: seconds }, longer: seconds });
  return { ...done, state: { ...fields(done['state']), old: before } };
}

/** Removes a container. Returns the ids of those that are gone. */
export async function remove(
  ctx: Ctx,
  container: string,
  how: { force: boolean; volumes: boolean; stop: boolean; timeout?: number },
): Promise<string[]> {
  const info = await inspectContainer(ctx, container);
  if (stateIn(info) === 'running' && !how.force && !how.stop)
    throw new CommandFailed(`Container '${container}' is running, use force=True to forcibly remove this container`);
  const stops = how.stop && !how.force;
  const goesItself = stops && fields(info['HostConfig'])['AutoRemove'] === true;
  if (stops) await stop(ctx, container, how.timeout, false);
  const before = Object.keys(await containers(ctx, true));
  if (!goesItself)
    await (await Engine.of(ctx)).json('DELETE', `/containers/${part(container)}`, {
      query: { v: how.volumes, force: how.force, link: false },
    });
  const after = await containers(ctx, true);
  return before.filter((id) => !(id in after));
}

export const start = async (ctx: Ctx, container: string): Promise<Fields> => {
  const state = await stateOf(ctx, container);
  if (state === 'paused') return refused(state, `Container '${container}' is paused, cannot start`);
  return await change(ctx, container, { action: 'start', to: 'running' });
};

/** A call that changes a container and tells the mine of it. */
const lifeCall = (as: string, doc: string, run: (ctx: Ctx, container: string) => Promise<Returnable>) =>
  call({
    doc,
    examples: [`tsalt '*' docker.${as} mycontainer`],
    args: { name },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const done = await run(ctx, args.name);
      await tellMine(ctx);
      return done;
    },
  });

const pause = async (ctx: Ctx, container: string): Promise<Fields> => {
  const state = await stateOf(ctx, container);
  if (state === 'stopped') return refused(state, `Container '${container}' is stopped, cannot pause`);
  return await change(ctx, container, { action: 'pause', to: 'paused' });
};
const unpause = async (ctx: Ctx, container: string): Promise<Fields> => {
  const state = await stateOf(ctx, container);
  if (state === 'stopped') return refused(state, `Container '${container}' is stopped, cannot unpause`);
  return await change(ctx, container, { action: 'unpause', to: 'running' });
};

/** Calls that start, stop and end containers. */
export const lifeCalls = {
  start: lifeCall('start', 'Start a container.', start),
  kill: lifeCall(
    'kill',
    'End the processes of a container at once.',
    async (ctx, container) => await change(ctx, container, { action: 'kill', to: 'stopped' }),
  ),
  pause: lifeCall('pause', 'Freeze the processes of a container.', pause),
  freeze: lifeCall('freeze', 'Freeze the processes of a container (docker.pause).', pause),
  unpause: lifeCall('unpause', 'Let a paused container go on.', unpause),
  unfreeze: lifeCall('unfreeze', 'Let a paused container go on (docker.unpause).', unpause),
  stop: call({
    doc: 'Stop a container: it is asked to end, and ended after `timeout`.',
    examples: ["tsalt '*' docker.stop mycontainer", "tsalt '*' docker.stop mycontainer timeout=20 unpause=True"],
    args: { name, timeout: { type: 'number', doc: "seconds; the container's own or 10 by default" } },
    extra: 'unpause: a paused container too',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const done = await stop(ctx, args.name, args.timeout, ctx.extra['unpause'] === true);
      await tellMine(ctx);
      return done;
    },
  }),
  restart: call({
    doc: 'Stop and start a container.',
    examples: ["tsalt '*' docker.restart mycontainer timeout=20"],
    args: { name, timeout: { type: 'number', default: GRACE, doc: 'seconds it has to end' } },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const done = await change(ctx, args.name, { action: 'restart', to: 'running', query: { t: args.timeout }, longer: args.timeout });
      return done['result'] === true ? { ...done, restarted: true } : done;
    },
  }),
  signal: call({
    doc: 'Send a signal to the first process of a container.',
    examples: ["tsalt '*' docker.signal mycontainer SIGHUP"],
    args: { name, signal: { type: 'any', required: true, doc: 'name or number' } },
    changes: true,
    async run(ctx, args) {
      await (await Engine.of(ctx)).json('POST', `/containers/${part(args.name)}/kill`, { query: { signal: String(args.signal) } });
      await tellMine(ctx);
      return true;
    },
  }),
  wait: call({
    doc: 'Wait until a container has stopped, and tell the exit code.',
    examples: ["tsalt '*' docker.wait mycontainer fail_on_exit_status=True"],
    args: {
      name,
      ignore_already_stopped: { type: 'boolean', default: false, doc: 'one that has stopped before, or is not there, is no failure' },
      fail_on_exit_status: { type: 'boolean', default: false, doc: 'an exit code other than 0 is a failure' },
    },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const before = await ifKnown(stateOf(ctx, args.name));
      if (before === undefined) return { result: args.ignore_already_stopped, comment: `Container '${args.name}' absent` };
      const code =
        fields(await (await Engine.of(ctx)).json('POST', `/containers/${part(args.name)}/wait`, { timeout: 0 }))['StatusCode'] ?? null;
      const after = await ifKnown(stateOf(ctx, args.name));
      const ended = before === 'stopped' ? args.ignore_already_stopped : after === 'stopped';
      return {
        result: args.fail_on_exit_status && ended ? code === 0 : ended,
        state: { old: before, new: after ?? null },
        exit_status: code,
        ...(before === 'stopped' ? { comment: `Container '${args.name}' already stopped` } : {}),
      };
    },
  }),
  rename: call({
    doc: 'Give a container another name.',
    examples: ["tsalt '*' docker.rename foo bar"],
    args: { name, new_name: { type: 'string', required: true, doc: 'its new name' } },
    changes: true,
    async run(ctx, args) {
      const { Id: id } = await inspectContainer(ctx, args.name);
      await (await Engine.of(ctx)).json('POST', `/containers/${String(id)}/rename`, { query: { name: args.new_name } });
      return (await inspectContainer(ctx, args.new_name))['Id'] === id;
    },
  }),
  rm: call({
    doc: 'Remove a container. Returns the ids of those that are gone.',
    examples: ["tsalt '*' docker.rm mycontainer", "tsalt '*' docker.rm mycontainer force=True"],
    args: {
      name,
      force: { type: 'boolean', default: false, doc: 'also one that runs' },
      volumes: { type: 'boolean', default: false, doc: 'its volumes without a name too' },
    },
    extra: 'stop: stop it before; timeout: seconds it has for that',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const { stop: stops = false, timeout, ...other } = ownKeywords(ctx.extra);
      const [odd] = Object.keys(other);
      if (odd !== undefined) throw new CallRefused(`docker.rm has no argument '${odd}'`);
      const seconds = timeout == null ? {} : { timeout: Number(timeout) };
      const gone = await remove(ctx, args.name, { force: args.force, volumes: args.volumes, stop: stops === true, ...seconds });
      await tellMine(ctx);
      return gone;
    },
  }),
};
