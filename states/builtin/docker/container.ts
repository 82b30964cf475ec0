import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { fields, holds, isList, ownKeywords, texts } from '../../../modules/exec/docker/values.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { plan } from '../machine/words.ts';
import { attempt, carriedOut } from './attempt.ts';
import { networksOf } from './networks.ts';
import { READING, RUNNING, type Running, running } from './running.ts';

const OPTIONS = 'options of the container, as docker.create takes them: cmd, env, publish, binds, labels, restart_policy, memory, ...';
const STOPPED = {
  name: { type: 'string', doc: 'the container' },
  containers: { type: 'any', doc: 'a list of several, instead of the name' },
  shutdown_timeout: { type: 'number', doc: 'seconds that they have to end' },
  unpause: { type: 'boolean', default: false, doc: 'paused ones too' },
  error_on_absent: { type: 'boolean', default: true, doc: 'one that is not there is a failure' },
} as const;
const ABSENT = {
  name: { type: 'string', required: true, doc: 'the container' },
  force: { type: 'boolean', default: false, doc: 'also one that runs' },
} as const;
const RUN = {
  name: RUNNING.name,
  image: RUNNING.image,
  bg: { type: 'boolean', default: false, doc: 'do not wait until it ends' },
  failhard: { type: 'boolean', default: true, doc: 'an exit code other than 0 is a failure' },
  replace: { type: 'boolean', default: false, doc: 'a container of this name is removed before' },
  force: { type: 'boolean', default: false, doc: 'with replace, also one that runs' },
  ...READING,
} as const;
type Stopped = ArgsOf<typeof STOPPED>;

async function stopped(ctx: StateCtx, args: Stopped): Promise<Verdict> {
  if (!args.name && !holds(args.containers)) return failed("One of 'name' and 'containers' must be provided");
  if (args.containers != null && !isList(args.containers)) return failed('containers must be a list');
  const targets = args.containers == null ? [args.name ?? ''] : texts(args.containers);
  const states = new Map<string, string>();
  for (const target of targets) {
    const found = await attempt(ctx.call('docker.state', [target]));
    states.set(target, found.error === undefined ? String(found.value) : 'absent');
  }
  const those = (what: string): string[] => targets.filter((target) => states.get(target) === what);
  const [absentOnes, paused] = [those('absent'), those('paused')];
  const errors = [
    ...(args.error_on_absent && absentOnes.length > 0 ? [`The following container(s) are absent: ${absentOnes.join(', ')}`] : []),
    ...(!args.unpause && paused.length > 0 ? [`The following container(s) are paused: ${paused.join(', ')}`] : []),
  ];
  if (errors.length > 0) return failed(errors.join('. '));
  const left = [...those('running'), ...paused];
  const subject = targets.length === 1 ? `Container '${targets[0]}' is ` : 'All specified containers are ';
  if (left.length === 0) return inOrder(`${subject}${absentOnes.length > 0 ? 'absent or ' : ''}not running`);
  return plan(`The following container(s) will be stopped: ${left.join(', ')}`, () => stopAll(ctx, left, args));
}

async function stopAll(ctx: StateCtx, containers: readonly string[], { shutdown_timeout, unpause }: Stopped): Promise<Outcome> {
  const changes: Record<string, Returnable> = {};
  const errors: string[] = [];
  for (const container of containers) {
    const done = fields(await ctx.call('docker.stop', [container], { unpause, ...defined({ timeout: shutdown_timeout || undefined }) }));
    if (done['result'] === true) changes[container] = done;
    else errors.push(String(done['comment'] ?? `Failed to stop container '${container}'`));
  }
  return errors.length > 0
    ? failed(errors.join('; '), changes)
    : inOrder(`The following container(s) were stopped: ${containers.join(', ')}`, changes);
}

async function absent(ctx: StateCtx, { name, force }: ArgsOf<typeof ABSENT>): Promise<Verdict> {
  const isThere = async (): Promise<boolean> => texts(await ctx.call('docker.list_containers', [], { all: true })).includes(name);
  if (!(await isThere())) return inOrder(`Container '${name}' does not exist`);
  const before = await ctx.call('docker.state', [name]);
  if (before !== 'stopped' && !force) return failed('Container is running, set force to True to forcibly remove it');
  return plan(`Container '${name}' will be removed`, async () => {
    const removed = await attempt(ctx.call('docker.rm', [name], { force }));
    if (removed.error !== undefined) return failed(`Failed to remove container '${name}': ${removed.error}`);
    if (await isThere()) return failed(`Failed to remove container '${name}'`, { removed: removed.value });
    return inOrder(`${before === 'stopped' ? 'Successfully' : 'Forcibly'} removed container '${name}'`, { removed: removed.value });
  });
}

/** Arguments of `running` that mean nothing where a container runs to its end. */
const UNSUPPORTED = ['watch_action', 'start', 'shutdown_timeout', 'follow'];

async function run(ctx: StateCtx, args: ArgsOf<typeof RUN>): Promise<Verdict> {
  const { auto_remove, rm, networks, ...options } = ownKeywords(ctx.extra);
  const odd = UNSUPPORTED.find((name) => name in options);
  if (odd !== undefined) return failed(`The '${odd}' argument is not supported`);
  const { image } = args;
  if (!image) return failed("The 'image' argument is required");
  if (auto_remove !== undefined && rm !== undefined && !args.ignore_collisions)
    return failed("'rm' is an alias for 'auto_remove', they cannot both be used");
  const read = await attempt(networksOf(ctx, networks));
  if (read.error !== undefined) return failed(read.error);
  const how = { ...options, ...(holds(read.value) ? { networks: read.value } : {}) };
  // The engine would remove it before it is known how it ended.
  const removes = !args.bg && Boolean(auto_remove ?? rm ?? false);
  const given = args.bg ? defined({ auto_remove, rm }) : {};
  return plan(`Container would be run${args.bg ? ' in the background' : ''}`, async () => {
    const { failhard: _, image: _image, ...own } = args;
    const ran = await attempt(ctx.call('docker.run_container', [image], { ...how, ...given, ...defined(own) }));
    if (ran.error !== undefined) return failed(`Encountered error running container: ${ran.error}`);
    const changes = fields(ran.value);
    const gone = removes ? await attempt(ctx.call('docker.rm', [String(changes['Id'])])) : undefined;
    const warned = gone?.error === undefined ? {} : { warnings: [`Failed to auto_remove container: ${gone.error}`] };
    if (args.bg) return { ...inOrder('Container was run in the background', changes), ...warned };
    const code = changes['ExitCode'];
    const comment = code === undefined ? '' : `Container ran and exited with a return code of ${String(code)}`;
    return { result: !args.failhard || code === undefined || code === 0, comment, changes, ...warned };
  });
}

/** Containers of a Docker Engine. */
export default stateModule({
  name: 'docker_container',
  doc: 'Containers of a Docker Engine.',
  states: {
    running: state({
      doc: 'A container that is configured so and runs; one that is otherwise is replaced.',
      examples: ['web:\n  docker_container.running:\n    - image: nginx:1.27\n    - publish: 8080:80\n    - restart_policy: always'],
      args: RUNNING,
      extra: OPTIONS,
      check: running,
    }),
    run: state({
      doc: 'A container that is made and run to its end, each time.',
      args: RUN,
      extra: `${OPTIONS} networks; rm: it is removed at its end`,
      check: run,
    }),
    stopped: state({ doc: 'Containers that do not run.', args: STOPPED, check: stopped }),
    absent: state({ doc: 'A container that is not there.', args: ABSENT, check: absent }),
  },
  watch: async (ctx, args, fun): Promise<Outcome> => {
    if (fun === 'stopped') return await carriedOut(ctx, await stopped(ctx, args as unknown as Stopped));
    if (fun === 'run') return await carriedOut(ctx, await run(ctx, args as unknown as ArgsOf<typeof RUN>));
    if (fun !== 'running') return failed(`watch requisite is not implemented for ${fun}`);
    const wanted = args as unknown as Running;
    const forced = wanted.watch_action === 'force';
    return await carriedOut(ctx, await running(ctx, { ...wanted, force: forced, ...(forced ? {} : { signal: wanted.watch_action }) }));
  },
});
