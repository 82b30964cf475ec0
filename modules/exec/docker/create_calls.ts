import { CallRefused, CommandFailed, type Ctx, call, float, type Returnable } from '../../define.ts';
import { Engine, part } from './engine.ts';
import { framesOf, textOf } from './frames.ts';
import { ifKnown, inspectContainer, inspectImage, stateOf, tellMine } from './inspect.ts';
import { remove, start } from './life_calls.ts';
import { connect, endpoint, joined } from './network_calls.ts';
import { containerBody } from './options.ts';
import { pull } from './registry.ts';
import { type Fields, fields, holds, isFields, ownKeywords, texts } from './values.ts';

const image = { type: 'string', required: true, doc: 'the image; pulled if it is not here' } as const;
const name = { type: 'string', doc: 'name of the container' } as const;
const skip_translate = { type: 'any', doc: "options that are in the engine's own form already; True for all" } as const;
const ignore_collisions = { type: 'boolean', default: false, doc: 'of two names for one option the second is dropped' } as const;
const validate_ip_addrs = { type: 'boolean', default: true, doc: 'addresses are looked at before the engine gets them' } as const;
const client_timeout = { type: 'number', default: 60, doc: 'seconds that the engine may be silent' } as const;
const OPTIONS =
  'options of the container, under the names that `docker run` has for them or their long ones: cmd, entrypoint, env, workdir,' +
  ' publish, expose, binds, volumes, network_mode, networks, hostname, labels, user, restart_policy, memory, cap_add, dns, log_driver, ...';

interface Asked {
  readonly image: string;
  readonly name: string | undefined;
  readonly skip_translate: Returnable | undefined;
  readonly ignore_collisions: boolean;
  readonly validate_ip_addrs: boolean;
  readonly client_timeout: number;
}

interface Made {
  readonly answer: Record<string, Returnable>;
  readonly id: string;
  readonly name: string;
  readonly removesItself: boolean;
}

async function ensureImage(ctx: Ctx, asked: Asked): Promise<void> {
  if ((await ifKnown(inspectImage(ctx, asked.image))) === undefined) await pull(ctx, asked.image, asked.client_timeout);
}

/** Makes a container, without starting it. */
async function make(ctx: Ctx, asked: Asked, options: Fields): Promise<Made> {
  const { networks, ...given } = options;
  const reading = { skip: asked.skip_translate, ignoreCollisions: asked.ignore_collisions, checkAddresses: asked.validate_ip_addrs };
  const { body, unknown } = containerBody(asked.image, given, reading);
  if (unknown.length > 0) ctx.log.warn(`docker: these options are not known and were not used: ${[...unknown].sort().join(', ')}`);
  const mode = String(given['network_mode'] ?? '');
  const own =
    isFields(networks) && mode in networks ? { NetworkingConfig: { EndpointsConfig: { [mode]: endpoint(joined(networks[mode])) } } } : {};
  const ask = { query: { name: asked.name }, body: { ...body, ...own }, timeout: asked.client_timeout };
  const answer = fields(await (await Engine.of(ctx)).json('POST', '/containers/create', ask));
  const id = String(answer['Id']);
  const called = asked.name ?? String((await inspectContainer(ctx, id))['Name'] ?? '').replace(/^\//, '');
  return { answer: { ...answer }, id, name: called, removesItself: fields(body['HostConfig'])['AutoRemove'] === true };
}

const since = (began: number): Returnable => float((performance.now() - began) / 1000);

/** Makes room for a container of this name. Returns what was removed. */
async function replaced(ctx: Ctx, container: string, replace: boolean, force: boolean): Promise<string[]> {
  const state = await ifKnown(stateOf(ctx, container));
  if (state === undefined) return [];
  if (state === 'running' && !(replace && force)) {
    const remedy = 'Run with replace=True and force=True to force removal of the existing container.';
    throw new CommandFailed(`Container '${container}' exists and is running. ${remedy}`);
  }
  if (!replace) throw new CommandFailed(`Container '${container}' exists. Run with replace=True to remove the existing container`);
  return await remove(ctx, container, { force, volumes: false, stop: false });
}

/** Networks by name with what the container has in each. */
function networksOf(given: Returnable | undefined): Record<string, Fields> {
  if (!holds(given)) return {};
  if (typeof given === 'string') return Object.fromEntries(given.split(',').map((one) => [one.trim(), {}]));
  if (isFields(given) && Object.values(given).every(isFields)) return given as Record<string, Fields>;
  throw new CallRefused('Invalid format for networks argument');
}

/** What a container wrote until it ended, and how it ended. */
async function watch(ctx: Ctx, made: Made, query: Fields): Promise<Fields> {
  const engine = await Engine.of(ctx);
  const warnings = texts(made.answer['Warnings']);
  const logs = await engine
    .bytes('GET', `/containers/${made.id}/logs`, { query: { stdout: true, stderr: true, tail: 'all', ...query, follow: true }, timeout: 0 })
    .catch((error: unknown) => {
      if (!(error instanceof CommandFailed)) throw error;
      warnings.push(`The logs of the container cannot be had, perhaps because it removed itself before: ${error.message}`);
    });
  const info = made.removesItself ? undefined : await inspectContainer(ctx, made.id);
  const text = logs === undefined ? '' : fields(info?.['Config'])['Tty'] === true ? logs.toString('utf8') : textOf(framesOf(logs));
  const state = fields(info?.['State']);
  if (info !== undefined && state['Status'] !== 'exited') warnings.push("Container state is not 'exited'");
  return {
    Logs: text,
    ...(info === undefined ? {} : { ExitCode: state['ExitCode'] ?? null }),
    ...(warnings.length > 0 ? { Warnings: warnings } : {}),
  };
}

const LOG_OPTIONS = ['stdout', 'stderr', 'timestamps', 'tail', 'since', 'until', 'follow', 'stream'];

/** Calls that make containers. */
export const createCalls = {
  create: call({
    doc: 'Make a container, and with `start` start it.',
    examples: [
      "tsalt '*' docker.create busybox name=mycontainer cmd='sleep 60'",
      "tsalt '*' docker.create nginx publish=8080:80 start=True",
    ],
    args: {
      image,
      name,
      start: { type: 'boolean', default: false, doc: 'start it' },
      skip_translate,
      ignore_collisions,
      validate_ip_addrs,
      client_timeout,
    },
    extra: OPTIONS,
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const { inspect = true, ...options } = ownKeywords(ctx.extra);
      if (inspect) await ensureImage(ctx, args);
      const began = performance.now();
      const made = await make(ctx, args, options);
      const answer = { ...made.answer, Time_Elapsed: since(began), Name: made.name };
      if (!args.start) {
        await tellMine(ctx);
        return answer;
      }
      await start(ctx, made.id).catch((error: unknown) => {
        if (error instanceof CommandFailed)
          throw new CommandFailed(`Failed to start container after creation: ${made.name} (${made.id}): ${error.message}`);
        throw error;
      });
      await tellMine(ctx);
      return { ...answer, Started: true };
    },
  }),
  run_container: call({
    doc: 'Make a container, start it, wait until it ends and return what it wrote; with `bg` do not wait.',
    examples: [
      "tsalt '*' docker.run_container myuser/myimage command=/usr/local/bin/myscript.sh",
      "tsalt '*' docker.run_container nginx bg=True publish=80",
    ],
    args: {
      image,
      name,
      skip_translate,
      ignore_collisions,
      validate_ip_addrs,
      client_timeout,
      bg: { type: 'boolean', default: false, doc: 'do not wait until it ends' },
      replace: { type: 'boolean', default: false, doc: 'remove a container of this name before' },
      force: { type: 'boolean', default: false, doc: 'with replace, also one that runs' },
      networks: { type: 'any', doc: 'networks it is connected to: names, or a map by name of aliases, ipv4_address, ...' },
    },
    extra: `${OPTIONS}; options of docker.logs`,
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const { inspect = true, ...given } = ownKeywords(ctx.extra);
      const [logged, options] = [pick(given, LOG_OPTIONS, true), pick(given, LOG_OPTIONS, false)];
      const networks = networksOf(args.networks);
      if (inspect) await ensureImage(ctx, args);
      const removed = args.name === undefined ? [] : await replaced(ctx, args.name, args.replace, args.force);
      const began = performance.now();
      const made = await make(ctx, args, options);
      await connectAll(ctx, made, networks);
      await start(ctx, made.id);
      const told = args.bg ? {} : await watch(ctx, made, logged);
      await tellMine(ctx);
      const replaces = removed.length > 0 ? { Replaces: removed } : {};
      return { ...made.answer, ...replaces, Name: made.name, Time_Elapsed: since(began), ...told };
    },
  }),
};

const pick = (given: Fields, names: readonly string[], wanted: boolean): Fields =>
  Object.fromEntries(Object.entries(given).filter(([key]) => names.includes(key) === wanted && key !== 'stream'));

async function connectAll(ctx: Ctx, made: Made, networks: Readonly<Record<string, Fields>>): Promise<void> {
  try {
    for (const [network, options] of Object.entries(networks)) await connect(ctx, made.id, network, options);
  } catch (error) {
    // One that would remove itself at its end has not begun.
    if (made.removesItself) await (await Engine.of(ctx)).json('DELETE', `/containers/${part(made.id)}`);
    throw error;
  }
}
