import { type BeaconCtx, beacon, type Returnable } from '../define.ts';
import { isConfig, isMap, mustBeList, optionsOf } from './config.ts';

interface Asked {
  readonly fun: string;
  readonly args: readonly Returnable[];
  readonly kwargs: { readonly [key: string]: Returnable };
}

export default beacon({
  name: 'salt_monitor',
  doc: 'Run functions and tell what they return, unless that is empty.',
  example: 'salt_monitor:\n  - salt_fun:\n      - test.version\n      - file.contains:\n          args: [/etc/motd, welcome]',
  validate: async (config, ctx) => {
    if (!isConfig(config)) return mustBeList('salt_monitor');
    const wanted = optionsOf(config)['salt_fun'];
    if (wanted === undefined) return 'Configuration for salt_monitor beacon must contain salt_fun.';
    for (const entry of Array.isArray(wanted) ? wanted : [wanted]) {
      const wrong = isMap(entry) ? argumentFault(entry) : undefined;
      if (wrong !== undefined) return wrong;
      const { fun } = askedOf(entry);
      if (!(await ctx.has(fun))) return `${fun} not in __salt__`;
    }
    return undefined;
  },
  open: (config, ctx) => {
    const wanted = optionsOf(config)['salt_fun'];
    return {
      collect: async () => {
        if (typeof wanted === 'string') return [{ salt_fun: wanted, ret: await ctx.call(wanted) }];
        const found = await Promise.all((Array.isArray(wanted) ? wanted : []).map((entry) => run(askedOf(entry), ctx)));
        return found.flat();
      },
    };
  },
});

function argumentFault(entry: { readonly [key: string]: Returnable }): string | undefined {
  const [fun, given] = Object.entries(entry)[0] ?? ['', null];
  for (const [key, value] of Object.entries(isMap(given) ? given : {})) {
    if (key !== 'args' && key !== 'kwargs') return `key ${key} not allowed under fun ${fun}`;
    if (key === 'args' && !Array.isArray(value)) return `args key for fun ${fun} must be list`;
    if (key === 'kwargs' && !Array.isArray(value)) return `kwargs key for fun ${fun} must be list of key value pairs`;
    if (key === 'kwargs' && Array.isArray(value))
      for (const pair of value) if (!isMap(pair)) return `${String(pair)} is not a key / value pair`;
  }
  return undefined;
}

function askedOf(entry: Returnable): Asked {
  if (!isMap(entry)) return { fun: String(entry), args: [], kwargs: {} };
  const [fun, given] = Object.entries(entry)[0] ?? ['', null];
  const { args, kwargs } = isMap(given) ? given : ({} as { readonly [key: string]: Returnable });
  return {
    fun,
    args: Array.isArray(args) ? args : [],
    kwargs: Object.assign({}, ...(Array.isArray(kwargs) ? kwargs.filter(isMap) : [])),
  };
}

async function run({ fun, args, kwargs }: Asked, ctx: BeaconCtx) {
  const ret = await ctx.call(fun, args, kwargs);
  if (isEmpty(ret)) return [];
  return [{ salt_fun: fun, ret, ...(args.length === 0 ? {} : { args }), ...(Object.keys(kwargs).length === 0 ? {} : { kwargs }) }];
}

/** What Python takes for false. */
const isEmpty = (value: Returnable): boolean =>
  value === null ||
  value === false ||
  value === 0 ||
  value === '' ||
  (Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0);
