import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { parse } from 'yaml';
import { type ApiHouse, apiHouse, USERS } from '../support/api-house.ts';
import { until } from '../support/process.ts';

/** What the real salt-api 3008.3 was asked and answered, with the shape of long replies in the place of their text. */
interface Exchange {
  readonly name: string;
  readonly as: string | null;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: number;
  readonly reply_headers: Readonly<Record<string, string>>;
  readonly shape?: unknown;
  readonly exact?: string;
  readonly yaml?: string;
  readonly message?: string;
}
type Shape = string | readonly Shape[] | { readonly [key: string]: Shape };
interface GuiCall {
  readonly name: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly shape: Shape;
}

/** Where we answer otherwise, and what: the reasons are in docs/reference/salt-api.md. */
const OTHERWISE: Readonly<
  Record<string, { readonly status?: number; readonly message?: true; readonly exact?: true; readonly why: string }>
> = {
  options: { status: 200, why: 'preflights are answered' },
  login_nobody: { status: 400, why: 'an empty login is told what is missing' },
  events_query: { message: true, why: 'the sentence is ours' },
  welcome: { exact: true, why: 'the real one lists destroy, which is no client' },
  ws: { message: true, why: 'there are websockets: a request that is none is not found all the same' },
};

const vectors = <T>(name: string): readonly T[] =>
  JSON.parse(readFileSync(new URL(`../vectors/salt-api/${name}.json`, import.meta.url), 'utf8')) as T[];

let api: ApiHouse;
const sessions = new Map<string, string>();
let token = '';
let jid = '';

before(async () => {
  api = await apiHouse((home) => ({ app: join(home, 'index.html'), static: join(home, 'static'), collect_stats: true }), {
    auto_accept: false,
    id: 'vm_master',
    nodegroups: { web: 'm1' },
  });
  const { house } = api;
  mkdirSync(join(house.home, 'static'));
  writeFileSync(join(house.home, 'index.html'), '<!DOCTYPE html><title>app</title>');
  const hello = "hello_file:\n  file.managed:\n    - name: /nowhere/x\n    - contents: hi\nfailing:\n  cmd.run:\n    - name: 'false'\n";
  house.serve('hello.sls', hello);
  house.servePillar('top.sls', "base:\n  '*':\n    - secret\n");
  house.servePillar('secret.sls', 'secret_value: open sesame\n');
  await house.startMaster();
  await api.ready();
  for (const id of ['m1', 'm2']) house.addMinion('tsalt', id);
  await until('both minions ask to be let in', async () => /m1[\s\S]*m2/.test((await house.tool('key', ['-l', 'un'])).stdout));
  await house.tool('key', ['-y', '-a', 'm1']);
  await house.answering('m1');
  for (const [username, password] of Object.entries(USERS)) {
    const login = await ask('POST', '/login', {}, { username, password, eauth: 'file' });
    sessions.set(username, login.headers.get('x-auth-token') ?? '');
  }
  const [given] = (await (await ask('POST', '/token', {}, { username: 'admin', password: 'adminpw', eauth: 'file' })).json()) as {
    token: string;
  }[];
  token = given?.token ?? '';
  const started = await ask('POST', '/minions', as('admin'), { tgt: 'm1', fun: 'test.ping' });
  jid = ((await started.json()) as { return: { jid: string }[] }).return[0]?.jid ?? '';
  await until('the job has returned', async () => /"m1": true/.test(await (await ask('GET', `/jobs/${jid}`, as('admin'))).text()));
});
after(async () => await api[Symbol.asyncDispose]());

const as = (user: string): Record<string, string> => ({ 'x-auth-token': sessions.get(user) ?? '' });

async function ask(method: string, path: string, headers: Readonly<Record<string, string>>, body?: unknown): Promise<Response> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return await fetch(`${api.url}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...(typeof body === 'object' ? { 'content-type': 'application/json' } : {}), accept: 'application/json', ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
}

/** With what this run made in the place of what the recorded one had. */
const now = (text: string): string =>
  text
    .replace(/(?<=\/jobs\/)20261123\d{12}/, jid)
    .replaceAll('<session>', sessions.get('admin') ?? '')
    .replaceAll('<token>', token);

for (const exchange of vectors<Exchange>('recorded')) {
  it(`${exchange.name}: answered as the real salt-api answered it`, async () => {
    const { name, method, path, headers, body, reply_headers } = exchange;
    const login = exchange.as === null ? {} : as(exchange.as);
    const answer = await ask(method, now(path), { ...headers, ...login }, body === undefined ? undefined : now(body));
    const text = await answer.text();
    assert.equal(answer.status, OTHERWISE[name]?.status ?? exchange.status, text);
    if (OTHERWISE[name]?.status !== undefined) return;
    for (const header of ['content-type', 'www-authenticate', 'content-disposition'])
      if (reply_headers[header] !== undefined && exchange.message === undefined)
        assert.equal(answer.headers.get(header), reply_headers[header]);
    if (exchange.message !== undefined && OTHERWISE[name]?.message !== true) assert.equal(messageIn(text), now(exchange.message));
    if (exchange.exact !== undefined && OTHERWISE[name]?.exact !== true) assert.equal(text, exchange.exact);
    if (exchange.yaml !== undefined) fits(shapeOf(parse(exchange.yaml)), parse(text), name);
    if (exchange.shape !== undefined) fits(exchange.shape as Shape, JSON.parse(text), name);
  });
}

for (const { name, request, status, shape } of vectors<GuiCall>('saltgui')) {
  it(`${name}: SaltGUI's call is answered as it expects`, async () => {
    await acceptSecond();
    const answer = await ask('POST', '/', { ...as('admin'), 'content-type': 'text/plain;charset=UTF-8' }, request);
    const text = await answer.text();
    assert.equal(answer.status, status, text);
    fits(shape, JSON.parse(text), name);
  });
}

let accepted: Promise<void> | undefined;
const acceptSecond = async (): Promise<void> => {
  accepted ??= (async () => {
    await api.house.tool('key', ['-y', '-a', 'm2']);
    await api.house.answering('m1', 'm2');
  })();
  await accepted;
};

/** Errors are pages at Salt's, and JSON here for those who ask for JSON alone. */
function messageIn(text: string): string {
  if (text.startsWith('{')) return String((JSON.parse(text) as { return: unknown }).return);
  return (/<p>([\s\S]*)<\/p>/.exec(text)?.[1] ?? '').replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

function shapeOf(value: unknown): Shape {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item)]));
  return typeof value === 'string' ? 'text' : typeof value;
}

/** What 3008's minions add for its resources, and the arguments as they travelled: a minion's matter, not the API's. */
const OURS = new Set(['__pub_resource_targets', '__pub_pure_resource_target', '__pub_minion_is_target', '__pub_arg', '__pub_tgt']);

/** Every key of the recorded reply is there, with a value of the same kind; a list may hold more or fewer like it. */
function fits(wanted: Shape, got: unknown, path: string): void {
  const said = `${path}: ${JSON.stringify(got)?.slice(0, 400)}`;
  if (wanted === 'map') {
    assert.ok(typeof got === 'object' && got !== null && !Array.isArray(got), said);
    return;
  }
  if (typeof wanted === 'string') {
    assert.equal(shapeOf(got), wanted, said);
    return;
  }
  if (isList(wanted)) {
    assert.ok(Array.isArray(got), said);
    got.forEach((item, at) => {
      const like = wanted[at] ?? wanted.at(-1);
      if (like !== undefined) fits(like, item, `${path}[${at}]`);
    });
    return;
  }
  assert.ok(typeof got === 'object' && got !== null && !Array.isArray(got), said);
  for (const [key, item] of Object.entries(wanted)) {
    if (key === '<jid>' || key.startsWith('Cheroot ') || OURS.has(key)) continue;
    assert.ok(Object.hasOwn(got, key), `${path} has no ${key}: ${said}`);
    fits(item, (got as Record<string, unknown>)[key], `${path}.${key}`);
  }
}

const isList = (shape: Shape): shape is readonly Shape[] => Array.isArray(shape);
