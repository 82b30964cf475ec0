import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { type Fields, fields, holds, ownKeywords, texts } from '../../../modules/exec/docker/values.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { attempt, reasonOf, sentences } from './attempt.ts';
import { type Networks, networksOf } from './networks.ts';

/** How options of a container are read. */
export const READING = {
  skip_translate: { type: 'any', doc: "options that are in the engine's own form already; True for all" },
  ignore_collisions: { type: 'boolean', default: false, doc: 'of two names for one option the second is dropped' },
  validate_ip_addrs: { type: 'boolean', default: true, doc: 'addresses are looked at before the engine gets them' },
  client_timeout: { type: 'number', default: 60, doc: 'seconds that the engine may be silent' },
} as const;
export const RUNNING = {
  name: { type: 'string', required: true, doc: 'the container' },
  image: { type: 'string', doc: 'its image; pulled if it is not here' },
  ...READING,
  force: { type: 'boolean', default: false, doc: 'it is made anew in any case' },
  watch_action: { type: 'any', default: 'force', doc: '`force`, or a signal that it gets when something it watches has changed' },
  start: { type: 'boolean', default: true, doc: 'it is started, if it does not run' },
  shutdown_timeout: { type: 'number', doc: 'seconds that a container that is replaced has to end' },
  networks: { type: 'any', doc: 'the networks it is in: names, or a list with aliases, ipv4_address, ... for each' },
} as const;
export type Running = ArgsOf<typeof RUNNING> & {
  /** The signal to send where nothing else is to be done: something it watches has changed. */
  readonly signal?: Returnable;
};

/** What is wanted, read. */
interface Wanted extends Running {
  readonly image: string;
  readonly networked: Networks;
  readonly options: Fields;
}
/** The container that is there. */
interface Existing {
  readonly image: string;
  readonly state: Returnable;
}
/** How a container that would be made now differs from the one that is there. */
interface Differences {
  readonly container: Fields;
  readonly networks: Fields;
}

export async function running(ctx: StateCtx, args: Running): Promise<Verdict> {
  if (!args.image) return failed("The 'image' argument is required");
  try {
    const wanted = { ...args, image: args.image, networked: await networksOf(ctx, args.networks), options: ownKeywords(ctx.extra) };
    return await settle(ctx, wanted);
  } catch (error) {
    return failed(reasonOf(error));
  }
}

async function settle(ctx: StateCtx, wanted: Wanted): Promise<Verdict> {
  const { name } = wanted;
  const image = await ctx.call('docker.resolve_image_id', [wanted.image]);
  const info = await attempt(ctx.call('docker.inspect_container', [name]));
  const there =
    info.error === undefined ? { image: String(fields(info.value)['Image']), state: await ctx.call('docker.state', [name]) } : undefined;
  if (wanted.force || there === undefined || there.image !== image) {
    const changes: Fields = wanted.force ? { forced_update: true } : { image: { old: there?.image ?? null, new: image } };
    const comment = `Container '${name}' would be ${there === undefined ? 'created' : 'replaced'}`;
    return { predicted: { comment, changes }, apply: () => make(ctx, wanted, there, {}) };
  }
  return await adjusted(ctx, wanted, there, await differencesOf(ctx, wanted));
}

/** A container of the wanted image that is there, by how it differs. */
async function adjusted(ctx: StateCtx, wanted: Wanted, there: Existing, found: Differences): Promise<Verdict> {
  const { name, start, signal } = wanted;
  const already = `Container '${name}' is already configured as specified`;
  const replaces = holds(found.container);
  const told = { ...found.container, ...(holds(found.networks) ? { Networks: found.networks } : {}) };
  const starts = start && there.state !== 'running';
  const first = replaces
    ? `Container '${name}' would be replaced`
    : signal !== undefined
      ? `Signal ${String(signal)} would be sent to container`
      : already;
  const comments = [
    first,
    ...(holds(found.networks) ? ['Network configuration would be updated'] : []),
    ...(starts ? ['Container would be started'] : []),
  ];
  if (comments.length === 1 && first === already) return inOrder(already);
  return {
    predicted: { comment: sentences(comments), changes: holds(told) ? { container: told } : {} },
    apply: async () => {
      if (replaces) return await make(ctx, wanted, there, told);
      const said = signal === undefined ? { comments: [already], changes: {} } : await send(ctx, name, signal);
      if ('result' in said) return said;
      const moved = await reconnect(ctx, wanted, found.networks);
      const changes = { ...said.changes, ...(holds(moved.networks) ? { container: { Networks: moved.networks } } : {}) };
      const before = [...said.comments, ...moved.comments];
      return moved.ok ? await finish(ctx, wanted, there, { comments: before, changes, starts }) : failed(sentences(before), changes);
    },
  };
}

async function send(ctx: StateCtx, name: string, signal: Returnable): Promise<Outcome | { comments: string[]; changes: Fields }> {
  const sent = await attempt(ctx.call('docker.signal', [name, signal]));
  if (sent.error !== undefined) return failed(`Failed to signal container: ${sent.error}`);
  return { comments: [`Sent signal ${String(signal)} to container`], changes: { signal } };
}

/** Makes a container as it is wanted, in its networks, without starting it. Without a name the engine invents one. */
async function create(ctx: StateCtx, wanted: Wanted, name: string | undefined) {
  const { skip_translate, ignore_collisions, validate_ip_addrs, client_timeout, networked, options } = wanted;
  const given = defined({ name, skip_translate, ignore_collisions, validate_ip_addrs, client_timeout });
  const networks = holds(networked) ? { networks: networked } : {};
  const made = fields(await ctx.call('docker.create', [wanted.image], { ...options, ...networks, ...given }));
  const container = { id: String(made['Id']), name: String(made['Name']) };
  try {
    const fresh = await ctx.call('docker.inspect_container', [container.id]);
    for (const [network, how] of Object.entries(networked))
      await ctx.call('docker.connect_container_to_network', [container.id, network], how);
    if (wanted.networks != null) {
      const all = Object.keys(networksIn(await ctx.call('docker.inspect_container', [container.id])));
      for (const other of all.filter((network) => !(network in networked)))
        await ctx.call('docker.disconnect_container_from_network', [container.id, other]);
    }
    return { ...container, fresh };
  } catch (error) {
    await ctx.call('docker.rm', [container.id]);
    throw error;
  }
}

const networksIn = (container: Returnable): Fields => fields(fields(fields(container)['NetworkSettings'])['Networks']);

/** A second container is made as wanted, never started, compared with the one that is there, and removed. */
async function differencesOf(ctx: StateCtx, wanted: Wanted): Promise<Differences> {
  const probe = await create(ctx, wanted, undefined);
  try {
    const version = Number.parseInt(String(fields(await ctx.call('docker.version'))['Version']), 10);
    const ignore = version < 25 ? 'Hostname' : 'Hostname,MacAddress';
    return {
      networks: fields(await ctx.call('docker.compare_container_networks', [wanted.name, probe.id])),
      container: fields(await ctx.call('docker.compare_containers', [wanted.name, probe.name], { ignore })),
    };
  } finally {
    await ctx.call('docker.rm', [probe.id]);
  }
}

/** Makes the container, in place of the one that is there. */
async function make(ctx: StateCtx, wanted: Wanted, there: Existing | undefined, differences: Fields): Promise<Outcome> {
  const { name, shutdown_timeout } = wanted;
  const changes: Record<string, Returnable> = holds(differences) ? { container: differences } : {};
  if ((await ctx.call('docker.resolve_image_id', [wanted.image])) === false) {
    const pulled = await attempt(ctx.call('docker.pull', [wanted.image], { client_timeout: wanted.client_timeout }));
    if (pulled.error !== undefined) return failed(`Failed to pull ${wanted.image}: ${pulled.error}`);
    changes['image'] = pulled.value;
  }
  try {
    const made = await create(ctx, wanted, there === undefined ? name : undefined);
    if (there === undefined) {
      const networks = fields(await ctx.call('docker.compare_container_networks', [made.fresh, made.id]));
      if (holds(networks)) changes['container'] = { Networks: networks };
      changes['container_id'] = { added: made.id };
      return await finish(ctx, wanted, undefined, { comments: [`Created container '${name}'`], changes, starts: true });
    }
    const removed = texts(await ctx.call('docker.rm', [name], { stop: true, ...defined({ timeout: shutdown_timeout }) }));
    changes['container_id'] = { removed, added: made.id };
    await ctx.call('docker.rename', [made.id, name]);
    return await finish(ctx, wanted, there, { comments: [`Replaced container '${name}'`], changes, starts: wanted.start });
  } catch (error) {
    return failed(reasonOf(error), changes);
  }
}

/** Brings the networks of a container in order that is kept. */
async function reconnect(ctx: StateCtx, { name, networked }: Wanted, differences: Fields) {
  const comments: string[] = [];
  let ok = true;
  for (const network of Object.keys(differences).sort()) {
    const done = { disconnected: false, connected: false };
    try {
      if (texts(await ctx.call('docker.connected', [network])).includes(name) || network in (await networksNow(ctx, name))) {
        await ctx.call('docker.disconnect_container_from_network', [name, network]);
        done.disconnected = true;
      }
      if (network in networked) {
        await ctx.call('docker.connect_container_to_network', [name, network], networked[network] ?? {});
        done.connected = true;
      }
    } catch (error) {
      comments.push(reasonOf(error));
      ok = false;
    }
    if (done.disconnected && done.connected) comments.push(`Reconnected to network '${network}' with updated configuration`);
    else if (done.disconnected) comments.push(`Disconnected from network '${network}'`);
    else if (done.connected) comments.push(`Connected to network '${network}'`);
  }
  return { networks: differences, comments, ok };
}

const networksNow = async (ctx: StateCtx, name: string): Promise<Fields> => networksIn(await ctx.call('docker.inspect_container', [name]));

interface Ending {
  readonly comments: readonly string[];
  readonly changes: Fields;
  readonly starts: boolean;
}

/** Starts the container, and tells what has become of it. */
async function finish(ctx: StateCtx, wanted: Wanted, there: Existing | undefined, { comments, changes, starts }: Ending): Promise<Outcome> {
  const { name, start } = wanted;
  const said = [...comments];
  const all: Record<string, Returnable> = { ...changes };
  if (starts) {
    const started = await attempt(ctx.call('docker.start', [name]));
    if (started.error !== undefined) return failed(sentences([...said, `Failed to start container '${name}': '${started.error}'`]), all);
  }
  const [before, after] = [there?.state ?? null, await ctx.call('docker.state', [name])];
  if (after === 'running') await fillAddresses(ctx, name, all);
  if (before !== after) {
    all['state'] = { old: before, new: after };
    if (before !== null) said.push(`State changed from '${String(before)}' to '${String(after)}'`);
  }
  const image = await ctx.call('docker.resolve_image_id', [wanted.image]);
  if (there !== undefined && there.image !== image) {
    said.push('Container has a new image');
    all['image'] = { old: there.image, new: image };
  }
  const ok = after === 'running' || !start;
  return ok ? inOrder(sentences(said), all) : failed(sentences([...said, 'Container is not running']), all);
}

/** The addresses that the engine chose are known once the container runs. */
async function fillAddresses(ctx: StateCtx, name: string, changes: Record<string, Returnable>): Promise<void> {
  const container = fields(changes['container']);
  const told = Object.entries(fields(container['Networks']));
  if (!told.some(([, differences]) => 'IPConfiguration' in fields(differences))) return;
  const now = await networksNow(ctx, name);
  const filled = told.map(([network, differences]) => {
    const { IPConfiguration: how, ...rest } = fields(differences);
    if (how === undefined || fields(how)['new'] !== 'automatic') return [network, differences];
    const keys = ['IPAddress', 'Gateway', 'GlobalIPv6Address', 'IPv6Gateway'].filter((key) => holds(fields(now[network])[key]));
    const addresses = keys.map((key) => [key, { old: null, new: fields(now[network])[key] ?? null }]);
    return [network, { ...rest, ...(keys.length > 0 ? Object.fromEntries(addresses) : { IPConfiguration: how }) }];
  });
  changes['container'] = { ...container, Networks: Object.fromEntries(filled) };
}
