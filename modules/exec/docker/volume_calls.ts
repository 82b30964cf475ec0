import { call } from '../../define.ts';
import { Engine, part } from './engine.ts';
import { inspectVolume } from './inspect.ts';
import { pairs } from './readers.ts';
import { filtersOf, holds } from './values.ts';

const name = { type: 'string', required: true, doc: 'the volume' } as const;

/** Calls for volumes. */
export const volumeCalls = {
  volumes: call({
    doc: 'Volumes, and warnings of the engine.',
    examples: [`tsalt '*' docker.volumes filters="{'dangling': True}"`],
    args: { filters: { type: 'any', doc: 'a map of filters of the engine' } },
    changes: false,
    run: async (ctx, args) => await (await Engine.of(ctx)).json('GET', '/volumes', { query: { filters: filtersOf(args.filters) } }),
  }),
  create_volume: call({
    doc: 'Make a volume.',
    examples: ["tsalt '*' docker.create_volume my_volume driver=local"],
    args: {
      name,
      driver: { type: 'string', doc: 'its driver; local by default' },
      driver_opts: { type: 'any', doc: 'a map of options of the driver' },
    },
    changes: true,
    async run(ctx, args) {
      const options = holds(args.driver_opts) ? { DriverOpts: pairs('=')(args.driver_opts ?? {}) } : {};
      const body = { Name: args.name, ...(args.driver === undefined ? {} : { Driver: args.driver }), ...options };
      return await (await Engine.of(ctx)).json('POST', '/volumes/create', { body });
    },
  }),
  remove_volume: call({
    doc: 'Remove a volume.',
    examples: ["tsalt '*' docker.remove_volume my_volume"],
    args: { name },
    changes: true,
    async run(ctx, args) {
      await (await Engine.of(ctx)).json('DELETE', `/volumes/${part(args.name)}`);
      return true;
    },
  }),
  inspect_volume: call({
    doc: 'All there is to know of a volume.',
    examples: ["tsalt '*' docker.inspect_volume my_volume"],
    args: { name },
    changes: false,
    run: async (ctx, args) => await inspectVolume(ctx, args.name),
  }),
};
