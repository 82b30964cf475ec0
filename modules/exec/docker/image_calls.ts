import { CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { Engine, EngineError, part } from './engine.ts';
import { containers, ifKnown, images, inspectImage } from './inspect.ts';
import { type Fields, fields, filtersOf, holds, list, localTime, ownKeywords, sizeText, splitInput, texts } from './values.ts';

const name = { type: 'string', required: true, doc: 'name or id of the image' } as const;

const tagsIn = (found: Readonly<Record<string, Fields>>): string[] =>
  [...new Set(Object.values(found).flatMap((image) => texts(image['RepoTags'])))].sort();

/** Names of containers and ids of images that are made of an image. */
async function dependents(ctx: Ctx, image: string): Promise<{ readonly Containers: string[]; readonly Images: string[] }> {
  const id = (await inspectImage(ctx, image))['Id'];
  const using = Object.values(await containers(ctx, true)).filter(({ ImageID: of }) => of === id);
  const children = Object.entries(await images(ctx, true)).filter(([, { ParentId: parent }]) => parent === id);
  return {
    Containers: using.flatMap((entry) => texts(entry['Names']).map((one) => one.replace(/^\//, ''))),
    Images: children.map(([one]) => one.slice(0, 12)),
  };
}

/** Why an image stays. */
async function complaints(ctx: Ctx, image: string, error: EngineError): Promise<string[]> {
  if (error.status !== 409) return [error.message];
  const { Containers: using, Images: children } = await dependents(ctx, image);
  const by = [
    ...(using.length > 0 ? [`container(s): ${using.join(', ')}`] : []),
    ...(children.length > 0 ? [`image(s): ${children.join(', ')}`] : []),
  ];
  return [error.explanation, ...(by.length > 0 ? [`Image is in use by ${by.join(' and ')}`] : [])];
}

/** Removes images. Says which layers and tags are gone, and what stayed. */
async function removeImages(ctx: Ctx, names: readonly string[], force: boolean, prune: boolean): Promise<Fields> {
  const [all, tags] = [await images(ctx, true), tagsIn(await images(ctx, false))];
  const errors: string[] = [];
  const engine = await Engine.of(ctx);
  for (const one of names) {
    const id = String((await inspectImage(ctx, one))['Id']);
    try {
      await engine.json('DELETE', `/images/${part(id)}`, { query: { force, noprune: !prune } });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      errors.push(...(await complaints(ctx, one, error)));
    }
  }
  const [left, leftTags] = [await images(ctx, true), tagsIn(await images(ctx, false))];
  return {
    Layers: Object.keys(all).filter((id) => !(id in left)),
    Tags: tags.filter((tag) => !leftTags.includes(tag)),
    retcode: errors.length > 0 ? 1 : 0,
    ...(errors.length > 0 ? { Errors: errors } : {}),
  };
}

/** Images without a name that no other is made of. */
async function unnamed(ctx: Ctx): Promise<string[]> {
  const all = await images(ctx, true);
  const parents = new Set(Object.values(all).map(({ ParentId: parent }) => parent));
  const hasTag = ({ RepoTags: tags }: Fields): boolean => texts(tags).some((tag) => tag !== '<none>:<none>');
  return Object.entries(all).flatMap(([id, image]) => (parents.has(id) || hasTag(image) ? [] : [id]));
}

/** A step of an image's making. */
function step(entry: Fields): Fields {
  const { CreatedBy: by, Created: created, ...rest } = entry;
  return {
    ...rest,
    Command: by ? String(by).replace(/^\/bin\/sh -c (?:#\(nop\) )?/, '') : 'FROM scratch',
    Time_Created_Epoch: created ?? null,
    Time_Created_Local: localTime(Number(created)),
    Size_Human: sizeText(Number(entry['Size'] ?? 0)),
  };
}

/** The steps of an image's making, the first first. */
const steps = async (ctx: Ctx, image: string): Promise<Fields[]> =>
  list(await (await Engine.of(ctx)).json('GET', `/images/${part(image)}/history`))
    .map(fields)
    .reverse();

/** Calls that look at images, name them and remove them. */
export const imageCalls = {
  images: call({
    doc: 'Images that have a name, by id; with `all` the others too, with `verbose` all there is to know in `Info`.',
    examples: ["tsalt '*' docker.images", "tsalt '*' docker.images all=True"],
    args: { verbose: { type: 'boolean', default: false, doc: 'all there is to know' } },
    extra: 'all',
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const found = await images(ctx, ctx.extra['all'] === true);
      if (!args.verbose) return found;
      return Object.fromEntries(
        await Promise.all(Object.entries(found).map(async ([id, image]) => [id, { ...image, Info: await inspectImage(ctx, id) }] as const)),
      );
    },
  }),
  list_tags: call({
    doc: 'Names of all images, as repository:tag.',
    examples: ["tsalt '*' docker.list_tags"],
    args: {},
    changes: false,
    run: async (ctx): Promise<Returnable> => tagsIn(await images(ctx, false)),
  }),
  inspect_image: call({
    doc: 'All there is to know of an image.',
    examples: ["tsalt '*' docker.inspect_image busybox"],
    args: { name },
    changes: false,
    run: async (ctx, args) => await inspectImage(ctx, args.name),
  }),
  resolve_image_id: call({
    doc: 'The id of an image; False if there is none of this name.',
    examples: ["tsalt '*' docker.resolve_image_id busybox:latest"],
    args: { name },
    changes: false,
    run: async (ctx, args): Promise<Returnable> => (await ifKnown(inspectImage(ctx, args.name)))?.['Id'] ?? false,
  }),
  resolve_tag: call({
    doc: 'The full name of an image, its id if it has none, False if there is no such image; with `all` all its names.',
    examples: ["tsalt '*' docker.resolve_tag busybox", "tsalt '*' docker.resolve_tag busybox all=True"],
    args: { name },
    extra: 'all',
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const { all = false, ...other } = ownKeywords(ctx.extra);
      const [odd] = Object.keys(other);
      if (odd !== undefined) throw new CallRefused(`docker.resolve_tag has no argument '${odd}'`);
      const found = await ifKnown(inspectImage(ctx, args.name));
      if (found === undefined) return false;
      const [tags, id] = [texts(found['RepoTags']), found['Id'] ?? null];
      return all ? (tags.length > 0 ? tags : [id]) : (tags[0] ?? id);
    },
  }),
  history: call({
    doc: 'How an image was made, step by step, the first first; with `quiet` only the commands.',
    examples: ["tsalt '*' docker.history busybox"],
    args: { name, quiet: { type: 'boolean', default: false, doc: 'only the commands' } },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const all = (await steps(ctx, args.name)).map(step);
      return args.quiet ? all.map(({ Command: command }) => command ?? null) : all;
    },
  }),
  layers: call({
    doc: "Ids of an image's layers, the first first; `<missing>` for those that were made elsewhere.",
    examples: ["tsalt '*' docker.layers busybox:latest"],
    args: { name },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const all = await ifKnown(steps(ctx, args.name));
      if (all === undefined || all.length === 0) throw new CommandFailed(`Image '${args.name}' not found`);
      return all.map(({ Id: id }) =>
        String(id)
          .replace(/^sha256:/, '')
          .slice(0, id === '<missing>' ? undefined : 12),
      );
    },
  }),
  depends: call({
    doc: 'Names of containers and ids of images that are made of an image.',
    examples: ["tsalt '*' docker.depends busybox"],
    args: { name },
    changes: false,
    run: async (ctx, args): Promise<Returnable> => ({ ...(await dependents(ctx, args.name)) }),
  }),
  tag: call({
    doc: 'Give an image another name.',
    examples: ["tsalt '*' docker.tag 0123456789ab myrepo/mycontainer mytag"],
    args: {
      name,
      repository: { type: 'string', required: true, doc: 'its repository' },
      tag: { type: 'any', default: 'latest', doc: 'its tag' },
      force: { type: 'boolean', default: false, doc: 'taken and not used: the engine always moves a name' },
    },
    changes: true,
    async run(ctx, args) {
      const id = String((await inspectImage(ctx, args.name))['Id']);
      await (await Engine.of(ctx)).json('POST', `/images/${part(id)}/tag`, { query: { repo: args.repository, tag: String(args.tag) } });
      return true;
    },
  }),
  rmi: call({
    doc: 'Remove images. Returns the layers and names that are gone, and what stood in the way.',
    examples: ["tsalt '*' docker.rmi busybox", "tsalt '*' docker.rmi foo bar force=True"],
    args: {},
    rest: 'names or ids of images',
    extra: 'force: also those that stopped containers use or that have several names; prune=False: keep what has no name',
    changes: true,
    async run(ctx): Promise<Returnable> {
      const done = await removeImages(ctx, texts(ctx.rest), ctx.extra['force'] === true, ctx.extra['prune'] !== false);
      if (done['retcode'] !== 0) ctx.retcode(1);
      return done;
    },
  }),
  dangling: call({
    doc: 'Ids of images that have no name and that no other is made of; with `prune` they are removed.',
    examples: ["tsalt '*' docker.dangling prune=True"],
    args: {
      prune: { type: 'boolean', default: false, doc: 'remove them' },
      force: { type: 'boolean', default: false, doc: 'also those that stopped containers use' },
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const ids = await unnamed(ctx);
      const short = (id: string): string => id.slice(0, 12);
      if (!args.prune) return ids.map(short);
      const done: Record<string, Returnable> = {};
      for (const id of ids) done[short(id)] = { Removed: await removeImages(ctx, [id], args.force, true) };
      return done;
    },
  }),
  prune: call({
    doc: 'Remove what nothing uses: containers that are stopped, networks, images without a name, what builds left; volumes only when asked.',
    examples: ["tsalt '*' docker.prune system=True", "tsalt '*' docker.prune containers=True until=24h"],
    args: {
      containers: { type: 'boolean', default: false, doc: 'stopped containers' },
      networks: { type: 'boolean', default: false, doc: 'networks' },
      images: { type: 'boolean', default: false, doc: 'images' },
      build: { type: 'boolean', default: false, doc: 'what builds left' },
      volumes: { type: 'boolean', default: false, doc: 'volumes' },
      system: { type: 'boolean', doc: 'all but volumes; so also where nothing is chosen' },
    },
    extra: 'filters of the engine: until, label, dangling',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const all = args.system ?? !(args.containers || args.images || args.networks || args.build);
      const given = ownKeywords(ctx.extra);
      const filters = filtersOf(
        Object.fromEntries(Object.entries(given).map(([key, value]) => [key, typeof value === 'boolean' ? value : splitInput(value)])),
      );
      const engine = await Engine.of(ctx);
      const done: Record<string, Returnable> = {};
      for (const kind of ['containers', 'images', 'networks', 'build', 'volumes'] as const) {
        if (!args[kind] && (!all || kind === 'volumes')) continue;
        done[kind] = await engine.json('POST', `/${kind}/prune`, { query: { filters: holds(filters) ? filters : undefined }, timeout: 0 });
      }
      return done;
    },
  }),
};
