import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandFailed, type Ctx } from '../../define.ts';
import { type Fields, fields } from './values.ts';

/** Where Docker's hub keeps its accounts, by the name that its own client has for it. */
export const HUB = 'https://index.docker.io/v1/';

/** The file of Docker's own client: both know what the other logged in to. */
const file = (): string => join(process.env['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'config.json');

async function read(): Promise<Fields> {
  const text = await readFile(file(), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw new CommandFailed(`The accounts of registries cannot be read: ${error.message}`);
  });
  try {
    return JSON.parse(text) as Fields;
  } catch {
    throw new CommandFailed(`${file()} is no JSON: correct or remove it`);
  }
}

async function write(config: Fields): Promise<void> {
  await mkdir(dirname(file()), { recursive: true, mode: 0o700 });
  const beside = `${file()}.${process.pid}`;
  await writeFile(beside, `${JSON.stringify(config, null, '\t')}\n`, { mode: 0o600 });
  await rename(beside, file());
}

export async function keep(registry: string, username: string, password: string): Promise<void> {
  const config = await read();
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  await write({ ...config, auths: { ...fields(config['auths']), [registry]: { auth } } });
}

export async function forget(registry: string): Promise<void> {
  const config = await read();
  const { [registry]: _gone, ...auths } = fields(config['auths']);
  await write({ ...config, auths });
}

/** The header that says who asks a registry; none if nobody logged in to it. */
export async function authHeader(ctx: Ctx, registry: string): Promise<Record<string, string>> {
  const config = await read();
  const { username, password } = (await fromHelper(ctx, config, registry)) ?? fromFile(config, registry) ?? {};
  if (username === undefined || password === undefined) return {};
  return { 'X-Registry-Auth': encodeAuth({ username, password, serveraddress: registry }) };
}

interface Account {
  readonly username: string;
  readonly password: string;
}

export const encodeAuth = (account: Account & { readonly serveraddress: string }): string =>
  Buffer.from(JSON.stringify(account)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');

function fromFile(config: Fields, registry: string): Account | undefined {
  const auth = fields(fields(config['auths'])[registry])['auth'];
  const [, username, password] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(String(auth ?? ''), 'base64').toString('utf8')) ?? [];
  return username === undefined || password === undefined ? undefined : { username, password };
}

/** Accounts may be in the keeping of a program of their own: `credsStore` and `credHelpers`. */
async function fromHelper(ctx: Ctx, config: Fields, registry: string): Promise<Account | undefined> {
  const helper = fields(config['credHelpers'])[registry] ?? config['credsStore'];
  if (typeof helper !== 'string' || helper === '') return undefined;
  const { code, stdout } = await ctx.spawn([`docker-credential-${helper}`, 'get'], { stdin: registry });
  if (code !== 0) return undefined;
  const told = JSON.parse(stdout.toString('utf8')) as { Username?: string; Secret?: string };
  return { username: told.Username ?? '', password: told.Secret ?? '' };
}
