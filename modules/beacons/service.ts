import { existsSync } from 'node:fs';
import { type BeaconCtx, beacon, type Returnable } from '../define.ts';
import { checked, isMap, type Options, optionsOf } from './config.ts';

/** What was told last of a service. */
interface Last {
  running: Returnable;
  /** Epoch seconds of a change that waits for its `delay`. */
  since?: number | undefined;
}

export default beacon({
  name: 'service',
  doc: 'Tell whether services run: always, or when that changed (onchangeonly), after a delay in seconds.',
  example: 'service:\n  - services:\n      sshd:\n        onchangeonly: True\n        delay: 30\n        uncleanshutdown: /run/sshd.pid',
  validate: checked('service', (options) => {
    if (!('services' in options)) return 'Configuration for service beacon requires services.';
    const services = options['services'];
    if (!isMap(services)) return 'Services configuration item for service beacon must be a dictionary.';
    return Object.values(services).every(isMap) ? undefined : 'Configuration for service beacon must be a list of dictionaries.';
  }),
  open: (config, ctx) => {
    const services = optionsOf(config)['services'];
    const last = new Map<string, Last>();
    return {
      collect: async () => {
        const found: { readonly [key: string]: Returnable }[] = [];
        for (const [name, wanted] of Object.entries(isMap(services) ? services : {})) {
          const options = isMap(wanted) ? wanted : {};
          const state = await stateOf(name, options, ctx);
          if (typeof options['is_running_state'] === 'boolean' && options['is_running_state'] !== state['running']) continue;
          if (options['onchangeonly'] === true && !toTell(name, state['running'] ?? false, options, last)) continue;
          found.push({ [name]: state, service_name: name, tag: name });
        }
        return found;
      },
    };
  },
});

async function stateOf(name: string, options: Options, ctx: BeaconCtx): Promise<Options> {
  const running = await ctx.call('service.status', [name]);
  const file = options['uncleanshutdown'];
  return typeof file === 'string' && running === false ? { running, uncleanshutdown: existsSync(file) } : { running };
}

/** Whether a change is to be told now: a start with `emitatstartup`, a change, or one whose delay is over. */
function toTell(name: string, running: Returnable, options: Options, last: Map<string, Last>): boolean {
  const delay = typeof options['delay'] === 'number' ? options['delay'] : 0;
  const now = Date.now() / 1000;
  const known = last.get(name);
  if (known === undefined && options['emitatstartup'] === false) {
    last.set(name, { running });
    return false;
  }
  if (known === undefined || known.running !== running) {
    last.set(name, { running, since: delay > 0 ? now : undefined });
    return delay <= 0;
  }
  if (known.since === undefined || Math.round(now - known.since) <= delay) return false;
  known.since = undefined;
  return true;
}
