import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../define.ts';

const NAME = { type: 'string', required: true, doc: 'the service' } as const;
const ENABLE = { type: 'boolean', doc: 'whether it starts with the machine' } as const;

/** Brings a service into one state, and if asked sets whether it starts with the machine. */
async function settle(ctx: StateCtx, name: string, running: boolean, enable: boolean | undefined): Promise<Verdict> {
  const is = (await ctx.call('service.status', [name])) === true;
  if ((await ctx.has('service.available')) && (await ctx.call('service.available', [name])) !== true) {
    return running ? failed(`The named service ${name} is not available`) : inOrder(`The named service ${name} is not available`);
  }
  const enabled = enable === undefined ? undefined : (await ctx.call('service.enabled', [name])) === true;
  if (is === running && enabled === enable)
    return inOrder(running ? `The service ${name} is already running` : `The service ${name} is already dead`);
  const changes = { [name]: running === is ? (enable ?? true) : running };
  return {
    predicted: {
      comment:
        is === running
          ? `Service ${name} is set to be ${enable === true ? 'enabled' : 'disabled'}`
          : `Service ${name} is set to ${running ? 'start' : 'be killed'}`,
      changes: {},
    },
    apply: async () => {
      if (is !== running && (await ctx.call(running ? 'service.start' : 'service.stop', [name])) !== true)
        return failed(`Service ${name} failed to ${running ? 'start' : 'die'}`);
      if (enable !== undefined && enabled !== enable) await ctx.call(enable ? 'service.enable' : 'service.disable', [name]);
      if (enable !== undefined)
        return inOrder(`Service ${name} has been ${enable ? 'enabled' : 'disabled'}, and is ${running ? 'running' : 'dead'}`, changes);
      return inOrder(running ? `Started service ${name}` : `Service ${name} was killed`, changes);
    },
  };
}

async function starting(ctx: StateCtx, name: string, wanted: boolean): Promise<Verdict> {
  const word = wanted ? 'enabled' : 'disabled';
  if (((await ctx.call('service.enabled', [name])) === true) === wanted)
    return inOrder(`Service ${name} is already ${word}, and is in the desired state`);
  return {
    predicted: { comment: `Service ${name} set to be ${word}`, changes: {} },
    apply: async () => {
      const done = (await ctx.call(wanted ? 'service.enable' : 'service.disable', [name])) === true;
      return done
        ? inOrder(`Service ${name} has been ${word}, and is in the desired state`, { [name]: wanted })
        : failed(`Failed when setting service ${name} to be ${word}`);
    },
  };
}

/** Services. */
export default stateModule({
  name: 'service',
  doc: 'Services.',
  states: {
    running: state({
      doc: 'A service that runs.',
      args: {
        name: NAME,
        enable: ENABLE,
        reload: { type: 'boolean', default: false, doc: 'reload it, do not restart it, when what it watches changes' },
      },
      extra: 'anything',
      check: async (ctx, { name, enable }) => await settle(ctx, name, true, enable),
    }),
    dead: state({
      doc: 'A service that does not run.',
      args: { name: NAME, enable: ENABLE },
      extra: 'anything',
      check: async (ctx, { name, enable }) => await settle(ctx, name, false, enable),
    }),
    enabled: state({
      doc: 'A service that starts with the machine.',
      args: { name: NAME },
      extra: 'anything',
      check: async (ctx, { name }) => await starting(ctx, name, true),
    }),
    disabled: state({
      doc: 'A service that does not start with the machine.',
      args: { name: NAME },
      extra: 'anything',
      check: async (ctx, { name }) => await starting(ctx, name, false),
    }),
  },
  watch: async (ctx, args, fun) => {
    const name = String(args['name']);
    if (fun !== 'running') return inOrder(`Service ${name} is in the desired state`);
    const verb = args['reload'] === true ? 'reload' : 'restart';
    if (ctx.testing) return { result: null, comment: `Service is set to be ${verb}ed`, changes: {} };
    const done = (await ctx.call(`service.${verb}`, [name])) === true;
    return done ? inOrder(`Service ${verb}ed`, { [name]: true }) : failed(`Failed to ${verb} the service`, { [name]: false });
  },
});
