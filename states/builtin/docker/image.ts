import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { type Fields, fields, holds, splitInput, texts } from '../../../modules/exec/docker/values.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { plan } from '../machine/words.ts';
import { attempt, carriedOut, isUnknown, known } from './attempt.ts';

const PRESENT = {
  name: { type: 'string', required: true, doc: 'the image, with or without a tag' },
  tag: { type: 'string', doc: 'its tag; needed with `build` and `load`' },
  build: { type: 'string', doc: 'the directory it is built from' },
  load: { type: 'string', doc: 'the archive it is loaded from: a path, or a url of the master' },
  force: { type: 'boolean', default: false, doc: 'also where there is such an image' },
  insecure_registry: { type: 'boolean', default: false, doc: 'pulled from a registry without TLS' },
  client_timeout: { type: 'number', default: 60, doc: 'seconds that the engine may be silent' },
  dockerfile: { type: 'string', doc: 'the Dockerfile within `build`' },
} as const;
const ABSENT = {
  name: { type: 'string', doc: 'the image' },
  images: { type: 'any', doc: 'several, instead of the name' },
  force: { type: 'boolean', default: false, doc: 'also one that a stopped container uses' },
} as const;
type Args = ArgsOf<typeof PRESENT>;

/** How an image gets here. */
interface Way {
  readonly done: 'built' | 'loaded' | 'pulled';
  readonly trying: (image: string) => string;
  fetch(ctx: StateCtx): Promise<Returnable>;
  /** Whether what came is another image than the one that was there. */
  isNew(update: Fields, before: Fields | undefined): boolean;
}

function wayOf({ name, tag, build, load, dockerfile, insecure_registry, client_timeout }: Args, image: string): Way {
  const short = (before: Fields | undefined): string => String(before?.['Id']).slice(0, 12);
  if (build)
    return {
      done: 'built',
      trying: (full) => `building ${build} as ${full}`,
      fetch: (ctx) => ctx.call('docker.build', [build], defined({ repository: name, tag, dockerfile })),
      isNew: (update, before) => before === undefined || update['Id'] !== short(before),
    };
  if (load)
    return {
      done: 'loaded',
      trying: (full) => `loading ${load} as ${full}`,
      fetch: (ctx) => ctx.call('docker.load', [load], defined({ repository: name, tag })),
      isNew: (update, before) => before === undefined || holds(update['Layers']),
    };
  return {
    done: 'pulled',
    trying: (full) => `pulling ${full}`,
    fetch: (ctx) => ctx.call('docker.pull', [image], { insecure_registry, client_timeout }),
    isNew: (update, before) => before === undefined || holds(fields(update['Layers'])['Pulled']),
  };
}

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  if (args.build && args.load) return failed("Only one of 'build', 'load', or 'sls' is permitted.");
  if ((args.build || args.load) && !args.tag)
    return failed("The 'tag' argument is required if any one of 'build', 'load', or 'sls' is used.");
  const image = args.tag ? `${args.name}:${args.tag}` : args.name;
  const found = await known(ctx.call('docker.inspect_image', [image]));
  if (found.error !== undefined) return failed(found.error);
  const before = found.value === undefined ? undefined : fields(found.value);
  if (before !== undefined && !args.force) return inOrder(`Image ${image} already present`);
  const way = wayOf(args, image);
  return plan(`Image ${image} will be ${way.done}`, () => get(ctx, args, image, way, before));
}

async function get(ctx: StateCtx, args: Args, image: string, way: Way, before: Fields | undefined): Promise<Outcome> {
  const update = await attempt(way.fetch(ctx));
  if (update.error !== undefined) return failed(`Encountered error ${way.trying(image)}: ${update.error}`);
  const changes = way.isNew(fields(update.value), before) ? fields(update.value) : {};
  const after = await attempt(ctx.call('docker.inspect_image', [image]));
  if (after.error !== undefined && !isUnknown(after.error))
    return failed(`Failed to inspect image '${image}' after it was ${way.done}: ${after.error}`, changes);
  // Salt names the image without its tag where nothing changed, unless it was pulled.
  const unchanged = way.done === 'pulled' ? image : args.name;
  return holds(changes)
    ? inOrder(`Image '${image}' was ${way.done}`, changes)
    : inOrder(`Image '${unchanged}' was ${way.done}, but there were no changes`);
}

async function absent(ctx: StateCtx, { name, images, force }: ArgsOf<typeof ABSENT>): Promise<Verdict> {
  const targets = images == null ? splitInput(name) : splitInput(images);
  if (targets.length === 0) return failed("One of 'name' and 'images' must be provided");
  const there: string[] = [];
  for (const target of targets) {
    const tag = await ctx.call('docker.resolve_tag', [target]);
    if (tag !== false) there.push(String(tag));
  }
  if (there.length === 0)
    return inOrder(targets.length === 1 ? `Image ${name ?? targets[0]} is not present` : 'All specified images are not present');
  const listed = there.join(', ');
  const one = there.length === 1;
  return plan(one ? `Image ${listed} will be removed` : `The following images will be removed: ${listed}`, async () => {
    const result = fields(await ctx.call('docker.rmi', there, { force }));
    const left = texts(await ctx.call('docker.list_tags'));
    const kept = there.filter((image) => left.includes(image));
    if (kept.length === 0) return inOrder(one ? `Image ${listed} was removed` : `The following images were removed: ${listed}`, result);
    if (kept.length < there.length) return failed(`The following image(s) failed to be removed: ${kept.join(', ')}`, result);
    const errors = texts(result['Errors']);
    const why = errors.length === 0 ? '' : `. The following errors were encountered: ${errors.join('; ')}`;
    return failed(`None of the specified images were removed${why}`);
  });
}

/** Images of a Docker Engine. */
export default stateModule({
  name: 'docker_image',
  doc: 'Images of a Docker Engine.',
  states: {
    present: state({
      doc: 'An image that is there: pulled, built or loaded.',
      examples: ['app:\n  docker_image.present:\n    - build: /srv/app\n    - tag: 1.0'],
      args: PRESENT,
      check: present,
    }),
    absent: state({ doc: 'An image that is not there.', args: ABSENT, check: absent }),
  },
  watch: async (ctx, args, fun): Promise<Outcome> => {
    if (fun !== 'present') return failed(`watch requisite is not implemented for ${fun}`);
    return await carriedOut(ctx, await present(ctx, { ...(args as unknown as Args), force: true }));
  },
});
