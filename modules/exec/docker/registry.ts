import { CommandFailed, type Ctx, call, float, type Returnable } from '../../define.ts';
import { authHeader, forget, HUB, keep } from './credentials.ts';
import { Engine, part } from './engine.ts';
import { images } from './inspect.ts';
import { errorsIn, type Layers, layersOf } from './progress.ts';
import { type Fields, fields, isFields, texts } from './values.ts';

const image = { type: 'string', required: true, doc: 'repository:tag' } as const;
const insecure_registry = {
  type: 'boolean',
  default: false,
  doc: 'taken and not used: the engine knows which registries may be insecure',
} as const;
const api_response = { type: 'boolean', default: false, doc: 'the messages of the engine too' } as const;
const client_timeout = { type: 'number', default: 60, doc: 'seconds that the engine may be silent' } as const;

/** `host:5000/a/b:tag` or `a@sha256:...` as repository and tag. */
export function parsed(name: string): { readonly repository: string; readonly tag: string | undefined } {
  const [, repository = name, digest, tag] = /^(.+?)(?:@([\w+.-]+:[0-9a-f]+)|:([^:/]+))?$/.exec(name) ?? [];
  return { repository, tag: digest ?? tag };
}

/** The registry that a repository is in. */
export function registryOf(repository: string): string {
  const [host = '', ...rest] = repository.split('/');
  return rest.length > 0 && (/[.:]/.test(host) || host === 'localhost') ? host : HUB;
}

export interface Moved {
  readonly layers: Layers;
  readonly status: string | undefined;
  readonly errors: readonly string[];
  readonly messages: readonly Fields[];
}

/** Gets an image from its registry. What fails on the way is in `errors`. */
export async function pull(ctx: Ctx, name: string, timeout: number): Promise<Moved> {
  const { repository, tag = 'latest' } = parsed(name);
  const before = Object.keys(await images(ctx, true)).map((id) => id.slice(0, 12));
  const ask = { query: { fromImage: repository, tag }, headers: await authHeader(ctx, registryOf(repository)), timeout };
  const messages = await (await Engine.of(ctx)).messages('POST', '/images/create', ask);
  return moved(messages, layersOf(messages, 'Pulled', before));
}

async function push(ctx: Ctx, name: string, timeout: number): Promise<Moved> {
  const { repository, tag } = parsed(name);
  // The engine wants a header also where nobody logged in.
  const headers = { 'X-Registry-Auth': Buffer.from('{}').toString('base64'), ...(await authHeader(ctx, registryOf(repository))) };
  const messages = await (await Engine.of(ctx)).messages('POST', `/images/${part(repository)}/push`, { query: { tag }, headers, timeout });
  return moved(messages, layersOf(messages, 'Pushed', []));
}

const moved = (messages: readonly Fields[], layers: Layers): Moved => ({
  layers,
  status: messages.flatMap(({ status }) => /^Status: (.*)/.exec(String(status ?? ''))?.[1] ?? []).at(-1),
  errors: errorsIn(messages),
  messages,
});

/** A call that moves an image, and says what was moved. */
const moveCall = (as: string, doc: string, move: (ctx: Ctx, name: string, timeout: number) => Promise<Moved>) =>
  call({
    doc,
    examples: [`tsalt '*' docker.${as} user/image:tag`],
    args: { image, insecure_registry, api_response, client_timeout },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const began = performance.now();
      const { layers, status, errors, messages } = await move(ctx, args.image, args.client_timeout);
      if (errors.length > 0) ctx.retcode(1);
      return {
        Time_Elapsed: float((performance.now() - began) / 1000),
        retcode: errors.length > 0 ? 1 : 0,
        ...(args.api_response ? { API_Response: messages } : {}),
        ...(Object.keys(layers).length > 0 ? { Layers: layers } : {}),
        ...(status === undefined ? {} : { Status: status }),
        ...(errors.length > 0 ? { Errors: errors } : {}),
      };
    },
  });

/** Accounts by registry, from `docker-registries` and all keys that end so. */
async function accounts(ctx: Ctx, errors: string[]): Promise<Record<string, Returnable>> {
  const own = await ctx.call('config.get', ['docker-registries', {}]);
  if (!isFields(own)) errors.push("'docker-registries' Pillar value must be a dictionary");
  const found: Record<string, Returnable> = { ...fields(own) };
  for (const [key, value] of Object.entries(fields(await ctx.call('config.option', ['*-docker-registries'], { wildcard: true })))) {
    if (isFields(value)) Object.assign(found, value);
    else errors.push(`Docker registry '${key}' was not specified as a dictionary`);
  }
  return found;
}

const addressOf = (registry: string): string => (registry.toLowerCase() === 'hub' ? HUB : registry);

async function logIn(ctx: Ctx, registry: string, account: Returnable | undefined): Promise<string | undefined> {
  if (!isFields(account)) return `Invalid configuration for registry '${registry}'`;
  const absent = ['username', 'password'].find((key) => !(key in account));
  if (absent !== undefined) return `Missing '${absent}' for registry '${registry}'`;
  const [username, password] = [String(account['username']), String(account['password'])];
  try {
    await (await Engine.of(ctx)).json('POST', '/auth', { body: { username, password, serveraddress: addressOf(registry) } });
    await keep(addressOf(registry), username, password);
    return undefined;
  } catch (error) {
    if (error instanceof CommandFailed) return error.message;
    throw error;
  }
}

/** A call on registries, all that the configuration knows if none is named. */
const registryCall = (
  as: string,
  doc: string,
  act: (ctx: Ctx, registry: string, account: Returnable | undefined) => Promise<string | undefined>,
) =>
  call({
    doc,
    examples: [`tsalt '*' docker.${as}`, `tsalt '*' docker.${as} hub`],
    args: {},
    rest: 'names of registries',
    changes: true,
    async run(ctx): Promise<Returnable> {
      const errors: string[] = [];
      const known = await accounts(ctx, errors);
      const results: Record<string, boolean> = {};
      for (const registry of ctx.rest.length > 0 ? texts(ctx.rest) : Object.keys(known)) {
        if (!(registry in known)) errors.push(`No match found for registry '${registry}'`);
        else {
          const complaint = await act(ctx, registry, known[registry]);
          if (complaint !== undefined) errors.push(complaint);
          if (isFields(known[registry])) results[registry] = complaint === undefined;
        }
      }
      if (errors.length > 0) ctx.retcode(1);
      return { retcode: errors.length > 0 ? 1 : 0, Errors: errors, Results: results };
    },
  });

/** Calls between this machine and registries. */
export const registryCalls = {
  pull: moveCall('pull', 'Get an image from its registry.', pull),
  push: moveCall('push', 'Send an image to its registry.', push),
  login: registryCall('login', 'Log in to registries, with the accounts of `docker-registries` in pillar or configuration.', logIn),
  logout: registryCall('logout', 'Log out of registries.', async (_ctx, registry) => {
    await forget(addressOf(registry));
    return undefined;
  }),
  search: call({
    doc: "Images of Docker's hub that a text is found in, by name.",
    examples: ["tsalt '*' docker.search centos official=True"],
    args: {
      name: { type: 'string', required: true, doc: 'the text' },
      official: { type: 'boolean', default: false, doc: 'only official ones' },
      trusted: { type: 'boolean', default: false, doc: 'or only those that are built by the hub' },
    },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const found = (await (await Engine.of(ctx)).json('GET', '/images/search', { query: { term: args.name } })) as readonly Fields[];
      if (found.length === 0) throw new CommandFailed(`No images matched the search string '${args.name}'`);
      const renamed = Object.fromEntries(found.map((entry) => [String(entry['name']), hubEntry(entry)]));
      const wanted = [...(args.official ? ['Official'] : []), ...(args.trusted ? ['Trusted'] : [])];
      const fits = (entry: Fields): boolean => wanted.length === 0 || wanted.some((key) => entry[key] === true);
      return Object.fromEntries(Object.entries(renamed).filter(([, entry]) => fits(entry)));
    },
  }),
};

const HUB_KEYS: Readonly<Record<string, string>> = {
  description: 'Description',
  is_official: 'Official',
  is_trusted: 'Trusted',
  star_count: 'Stars',
};
const hubEntry = ({ name: _name, ...entry }: Fields): Fields =>
  Object.fromEntries(Object.entries(entry).map(([key, value]) => [HUB_KEYS[key] ?? key, value]));
