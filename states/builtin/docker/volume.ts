import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { type Fields, fields, isFields, isList, list } from '../../../modules/exec/docker/values.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { plan, undecided } from '../machine/words.ts';
import { attempt } from './attempt.ts';

const NAME = { name: { type: 'string', required: true, doc: 'the volume' } } as const;
const PRESENT = {
  ...NAME,
  driver: { type: 'string', doc: 'its driver' },
  driver_opts: { type: 'any', doc: 'options of the driver: a map, or a list of maps' },
  force: { type: 'boolean', default: false, doc: 'a volume with another driver is removed and made anew' },
} as const;
const ABSENT = { ...NAME, driver: { type: 'string', doc: 'taken and not used' } } as const;
type Args = ArgsOf<typeof PRESENT>;

async function find(ctx: StateCtx, name: string): Promise<Fields | undefined> {
  const volumes = list(fields(await ctx.call('docker.volumes'))['Volumes']);
  return volumes.map(fields).find((volume) => volume['Name'] === name);
}

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name, driver, force } = args;
  const volume = await find(ctx, name);
  if (volume === undefined) return plan(`The volume '${name}' will be created`, () => create(ctx, args, {}));
  const has = String(volume['Driver']);
  if (driver === undefined || has === driver) return inOrder(`Volume '${name}' already exists.`);
  if (!force) {
    const why = `Driver for existing volume '${name}' ('${has}') does not match specified driver ('${driver}') and force is False`;
    return ctx.testing ? undecided(why) : failed(why);
  }
  return plan(`The volume '${name}' will be replaced with a new one using the driver '${driver}'`, async () => {
    const removed = await attempt(ctx.call('docker.remove_volume', [name]));
    if (removed.error !== undefined) return failed(`Failed to remove volume '${name}': ${removed.error}`);
    return await create(ctx, args, { removed: removed.value });
  });
}

async function create(ctx: StateCtx, { name, driver, driver_opts: given }: Args, changes: Fields): Promise<Outcome> {
  const driver_opts: Returnable | undefined = isList(given) && given.every(isFields) ? (Object.assign({}, ...given) as Fields) : given;
  const created = await attempt(ctx.call('docker.create_volume', [name], defined({ driver, driver_opts })));
  if (created.error !== undefined) return failed(`Failed to create volume '${name}': ${created.error}`, changes);
  return inOrder('', { ...changes, created: created.value });
}

async function absent(ctx: StateCtx, { name }: ArgsOf<typeof ABSENT>): Promise<Verdict> {
  if ((await find(ctx, name)) === undefined) return inOrder(`Volume '${name}' already absent`);
  return plan(`The volume '${name}' will be removed`, async () => {
    const removed = await attempt(ctx.call('docker.remove_volume', [name]));
    return removed.error === undefined
      ? inOrder('', { removed: removed.value })
      : failed(`Failed to remove volume '${name}': ${removed.error}`);
  });
}

/** Volumes of a Docker Engine. */
export default stateModule({
  name: 'docker_volume',
  doc: 'Volumes of a Docker Engine.',
  states: {
    present: state({
      doc: 'A volume that is there.',
      examples: ['data:\n  docker_volume.present:\n    - driver: local'],
      args: PRESENT,
      check: present,
    }),
    absent: state({ doc: 'A volume that is not there.', args: ABSENT, check: absent }),
  },
});
