import { CallRefused, CommandFailed, call, type Returnable } from '../../define.ts';
import { Engine, part } from './engine.ts';
import { framesOf, textOf } from './frames.ts';
import { containers, ifKnown, inspectContainer, inspectImage, inspectNetwork, inspectVolume, stateOf } from './inspect.ts';
import { type Fields, fields, filtersOf, list, ownKeywords, texts } from './values.ts';
import { isPattern, matcher } from './wildcard.ts';

const container = { type: 'string', required: true, doc: 'name or id of the container' } as const;
const KINDS: Readonly<Record<number, string>> = { 0: 'Changed', 1: 'Added', 2: 'Deleted' };

const namesOf = (entry: Fields): string[] => texts(entry['Names']).map((name) => name.replace(/^\/+/, ''));

/** The numbers a version begins with. */
const numbersOf = (version: Returnable | undefined): number[] =>
  (/^[\d.]+/.exec(String(version ?? ''))?.[0] ?? '').split('.').filter(Boolean).map(Number);

/** Ports as a pattern over `80/tcp`. */
function portPattern(given: Returnable | undefined): string {
  if (given == null) return '*';
  if (typeof given === 'number') return `${given}/*`;
  const [, port, protocol = ''] = /^(\d+)\/(tcp|udp)$/i.exec(String(given)) ?? [];
  if (port !== undefined) return `${port}/${protocol.toLowerCase()}`;
  throw new CallRefused(
    `Invalid private_port '${String(given)}'. Must either be a port number, or be in port/protocol notation (e.g. 5000/tcp)`,
  );
}

/** Calls that look at containers and at the engine itself. */
export const lookCalls = {
  ps: call({
    doc: 'Containers that run, by id; with `all` those that are stopped too, with `verbose` all there is to know in `Info`.',
    examples: ["tsalt '*' docker.ps", "tsalt '*' docker.ps all=True", `tsalt '*' docker.ps filters="{'label': 'role=web'}"`],
    args: { filters: { type: 'any', doc: 'a map of filters of the engine' } },
    extra: 'all, verbose; host: also the interfaces of this machine',
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const found: Record<string, Fields> = await containers(ctx, ctx.extra['all'] === true, filtersOf(args.filters));
      if (ctx.extra['verbose'] === true) {
        for (const [id, entry] of Object.entries(found)) {
          // One that went in between is no failure of the others.
          const info = await ifKnown(inspectContainer(ctx, id));
          if (info === undefined) delete found[id];
          else found[id] = { ...entry, Info: info };
        }
      }
      if (ctx.extra['host'] === true) found['host'] = { interfaces: await ctx.call('network.interfaces') };
      return found;
    },
  }),
  list_containers: call({
    doc: 'Names of the containers that run; with `all` of all.',
    examples: ["tsalt '*' docker.list_containers all=True"],
    args: {},
    extra: 'all',
    changes: false,
    run: async (ctx): Promise<Returnable> =>
      [...new Set(Object.values(await containers(ctx, ctx.extra['all'] === true)).flatMap(namesOf))].sort(),
  }),
  exists: call({
    doc: 'Whether there is such a container.',
    examples: ["tsalt '*' docker.exists mycontainer"],
    args: { name: container },
    changes: false,
    run: async (ctx, args) => (await ifKnown(inspectContainer(ctx, args.name))) !== undefined,
  }),
  state: call({
    doc: 'running, paused or stopped.',
    examples: ["tsalt '*' docker.state mycontainer"],
    args: { name: container },
    changes: false,
    run: async (ctx, args) => await stateOf(ctx, args.name),
  }),
  inspect: call({
    doc: 'All there is to know of a container, an image, a volume or a network, whichever has the name.',
    examples: ["tsalt '*' docker.inspect mycontainer", "tsalt '*' docker.inspect busybox"],
    args: { name: { type: 'string', required: true, doc: 'name or id' } },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      for (const look of [inspectContainer, inspectImage, inspectVolume, inspectNetwork]) {
        const found = await ifKnown(look(ctx, args.name));
        if (found !== undefined) return found;
      }
      throw new CommandFailed(`Error 404: No such image/container/volume/network: ${args.name}`);
    },
  }),
  inspect_container: call({
    doc: 'All there is to know of a container.',
    examples: ["tsalt '*' docker.inspect_container mycontainer"],
    args: { name: container },
    changes: false,
    run: async (ctx, args) => await inspectContainer(ctx, args.name),
  }),
  pid: call({
    doc: "The id of a container's first process on this machine; 0 if it does not run.",
    examples: ["tsalt '*' docker.pid mycontainer"],
    args: { name: container },
    changes: false,
    run: async (ctx, args): Promise<Returnable> => fields((await inspectContainer(ctx, args.name))['State'])['Pid'] ?? null,
  }),
  port: call({
    doc: 'Where the ports of a container are reached; of several containers, if the name is a pattern.',
    examples: ["tsalt '*' docker.port mycontainer", "tsalt '*' docker.port 'web*' 5000/tcp"],
    args: { name: container, private_port: { type: 'any', doc: 'only this: a number, or such as 5000/udp' } },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const wanted = matcher(portPattern(args.private_port));
      const portsOf = async (name: string): Promise<Fields> => {
        const ports = fields(fields((await inspectContainer(ctx, name))['NetworkSettings'])['Ports']);
        return Object.fromEntries(Object.entries(ports).filter(([port]) => wanted(port)));
      };
      if (!isPattern(args.name)) return await portsOf(args.name);
      const names = Object.values(await containers(ctx, true))
        .flatMap(namesOf)
        .filter(matcher(args.name))
        .sort();
      return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await portsOf(name)] as const)));
    },
  }),
  diff: call({
    doc: 'What a container changed in its file system: paths under Added, Changed and Deleted.',
    examples: ["tsalt '*' docker.diff mycontainer"],
    args: { name: container },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const changes = list(await (await Engine.of(ctx)).json('GET', `/containers/${part(args.name)}/changes`)).map(fields);
      const found: Record<string, Returnable[]> = {};
      for (const { Kind: kind, Path: path = '' } of changes) {
        const name = KINDS[Number(kind)] ?? 'Unknown';
        found[name] = [...(found[name] ?? []), path];
      }
      return found;
    },
  }),
  logs: call({
    doc: 'What a container wrote.',
    examples: ["tsalt '*' docker.logs mycontainer tail=100 timestamps=True", "tsalt '*' docker.logs mycontainer since=1700000000"],
    args: { name: container },
    extra: 'stdout and stderr (both unless said), timestamps, tail (lines, `all`), since and until (seconds since 1970, or a date), follow',
    changes: false,
    async run(ctx, args) {
      const {
        stdout = true,
        stderr = true,
        timestamps = false,
        tail = 'all',
        since,
        until,
        follow = false,
        ...other
      } = ownKeywords(ctx.extra);
      if ('stream' in other) throw new CallRefused("The 'stream' argument is not supported");
      const [odd] = Object.keys(other);
      if (odd !== undefined) throw new CallRefused(`docker.logs has no argument '${odd}'`);
      const query = { stdout, stderr, timestamps, tail, since: moment(since, 'since'), until: moment(until, 'until'), follow };
      const engine = await Engine.of(ctx);
      const info = fields((await inspectContainer(ctx, args.name))['Config']);
      const bytes = await engine.bytes('GET', `/containers/${part(args.name)}/logs`, { query, timeout: 0 });
      return info['Tty'] === true ? bytes.toString('utf8') : textOf(framesOf(bytes));
    },
  }),
  top: call({
    doc: 'The processes of a container, each a map by column.',
    examples: ["tsalt '*' docker.top mycontainer"],
    args: { name: container },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const told = fields(await (await Engine.of(ctx)).json('GET', `/containers/${part(args.name)}/top`));
      const titles = texts(told['Titles']);
      return list(told['Processes']).map((row) => Object.fromEntries(titles.map((title, at) => [title, list(row)[at] ?? null])));
    },
  }),
  info: call({
    doc: 'What the engine says of itself and the machine.',
    examples: ["tsalt '*' docker.info"],
    args: {},
    changes: false,
    run: async (ctx) => await (await Engine.of(ctx)).json('GET', '/info'),
  }),
  version: call({
    doc: 'Versions of the engine and of its interface.',
    examples: ["tsalt '*' docker.version"],
    args: {},
    changes: false,
    async run(ctx): Promise<Returnable> {
      const told = fields(await (await Engine.of(ctx)).json('GET', '/version'));
      return { ...told, VersionInfo: numbersOf(told['Version']), ApiVersionInfo: numbersOf(told['ApiVersion']) };
    },
  }),
};

/** Seconds since 1970 from what a user writes. */
function moment(given: Returnable | undefined, name: string): number | undefined {
  if (given == null) return undefined;
  if (/^\d+(\.\d+)?$/.test(String(given))) return Number(given);
  const at = Date.parse(String(given));
  if (Number.isNaN(at))
    throw new CallRefused(`${name}: '${String(given)}' is neither seconds since 1970 nor a date such as 2026-02-01T13:00:00`);
  return Math.floor(at / 1000);
}
