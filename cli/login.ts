import { readFileSync, writeFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ClientConfig, Connect, MasterClient, PersonClient, Proof } from '../master/client/contract.ts';
import { TsaltError } from '../protocol/errors.ts';
import type { Parsed } from './options/parse.ts';
import { ask, askHidden, LineReader } from './prompt.ts';
import { exitCode, Finish, type ToolIo } from './tool.ts';

const FROM = { door: 'cli' } as const;

/**
 * A way to the master for who logs in (`-a`), or kept a token when he did (`-T`, in `~/.salt_token` as Salt has it) and
 * cannot read a key of the master. All others go in by the key.
 */
export const byLogin =
  (parsed: Parsed, io: ToolIo, connect: Connect): Connect =>
  async (config) => {
    const eauth = parsed.text('eauth');
    if (eauth === undefined && (canRead(keyFile(config)) || keptToken() === undefined)) return await connect(config);
    const client = await connect({ ...config, person: true });
    try {
      return asPerson(client, await proofOf(parsed, eauth, io, client), io);
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw refusedIn(error, io);
    }
  };

const keyFile = ({ cachedir, user }: ClientConfig): string => join(cachedir, `.${user}_key`);
const tokenFile = (): string => process.env['SALT_TOKEN_FILE'] ?? join(homedir(), '.salt_token');

async function proofOf(parsed: Parsed, eauth: string | undefined, io: ToolIo, client: MasterClient): Promise<Proof> {
  const [given, word, kept] = [parsed.text('username'), parsed.text('password'), keptToken()];
  if (eauth === undefined) return { token: kept ?? '' };
  if (
    given === undefined &&
    word === undefined &&
    !parsed.flag('mktoken') &&
    kept !== undefined &&
    (await client.grant(kept)) !== undefined
  )
    return { token: kept };
  const lines = new LineReader(io.stdin);
  const username = (given ?? (await ask('username: ', io, lines))) || userInfo().username;
  const login = { eauth, username, password: word ?? (await askHidden('password: ', io, lines)) };
  if (!parsed.flag('mktoken')) return login;
  const { token } = await client.login(login, FROM);
  writeFileSync(tokenFile(), token, { mode: 0o600 });
  return { token };
}

function keptToken(): string | undefined {
  try {
    return readFileSync(tokenFile(), 'utf8').split('\n')[0]?.trim() || undefined;
  } catch {
    return undefined; // no token was kept
  }
}

function canRead(file: string): boolean {
  try {
    return readFileSync(file).length > 0;
  } catch {
    return false;
  }
}

function asPerson(client: MasterClient, proof: Proof, io: ToolIo): MasterClient {
  const person: PersonClient = client.as(proof, FROM);
  return {
    ...client,
    run: (request) => told(person.run(request), io),
    runner: (request) => told(person.runner(request), io),
    events: (tag) => told(person.events(tag), io),
    preview: (target) => person.preview(target).catch((error: unknown) => Promise.reject(refusedIn(error, io))),
    wheel: (fun, kwargs) => person.wheel(fun, kwargs).catch((error: unknown) => Promise.reject(refusedIn(error, io))),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

async function* told<T>(items: AsyncIterable<T>, io: ToolIo): AsyncIterable<T> {
  try {
    yield* items;
  } catch (error) {
    throw refusedIn(error, io);
  }
}

/** Salt's words on stdout, which scripts know, and why on stderr. */
function refusedIn(error: unknown, io: ToolIo): unknown {
  const code = error instanceof TsaltError ? error.code : '';
  const words = WORDS[code];
  if (words === undefined || !(error instanceof Error)) return error;
  io.stdout.write(`${words}\n`);
  return new Finish(exitCode.failed, `ERROR: ${error.message}\n`);
}

const WORDS: Readonly<Record<string, string>> = {
  'not-authenticated': 'Authentication error occurred.',
  'not-authorised': 'Authorization error occurred.',
  'too-many-logins': 'Authentication error occurred.',
};
