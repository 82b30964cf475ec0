import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode, encode } from '../../../protocol/wire/msgpack.ts';
import { type ArgsOf, CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import type { QUERY } from './arguments.ts';
import { bundlePath } from './ca.ts';
import { formatOf, Jar } from './cookies.ts';
import { bodyOf, decoded } from './decode.ts';
import { basic, capitalised, exchange, type Limits, type Relay, type Reply, type Trust } from './exchange.ts';
import { backendOf } from './failure.ts';

type Given = ArgsOf<typeof QUERY>;
type Tree = Readonly<Record<string, Returnable>>;
const isTree = (value: Returnable | undefined): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Map);

/** An option of the minion, or the one of the call's own `opts`. */
const settingOf =
  (ctx: Ctx, given: Given) =>
  async (name: string, otherwise: Returnable = null): Promise<Returnable> =>
    isTree(given.opts) && name in given.opts ? (given.opts[name] ?? null) : ctx.call('config.option', [name, otherwise]);
type Setting = ReturnType<typeof settingOf>;

/** One request as Salt's http.query makes it, with what it returns. */
export const query = async (ctx: Ctx, url: string, given: Given): Promise<Tree> => {
  const setting = settingOf(ctx, given);
  const proxy = await proxyFor(url, setting);
  const backend = proxy === undefined ? (given.backend ?? String(await setting('backend', 'tornado'))) : 'requests';
  const told = backendOf(backend, given.status, given.raise_error);
  const body = await sentBody(ctx, given);
  const headers = await sentHeaders(ctx, given);
  if (given.test && given.test_url === undefined) return {};
  const marked = given.test ? { test: true } : {};
  const target = new URL(withParams(checked(given.test ? (given.test_url ?? url) : url), given.params));
  const jar = given.cookies
    ? await Jar.open(await inCache(setting, given.cookie_jar, 'cookies.txt'), formatOf(given.cookie_format))
    : undefined;
  const session = given.persist_session ? await inCache(setting, given.session_cookie_jar, 'cookies.session.p') : undefined;
  const cookie = [jar?.headerFor(target), await sessionCookies(session)].filter((one) => one !== undefined).join('; ');

  const form = given.formdata && backend === 'requests' ? formOf(given, body) : undefined;
  if (form === null) return { ...marked, error: 'formdata_fieldname is required when formdata=True' };
  let reply: Reply;
  try {
    reply = await exchange(
      {
        url: target.href,
        method: given.method,
        headers: { ...headers, ...(cookie === '' ? {} : { Cookie: cookie }), ...(form === undefined ? {} : { 'Content-Type': form.type }) },
        body: form?.body ?? body,
        login: loginOf(given),
        trust: await trustOf(ctx, given, setting),
        limits: await limitsOf(setting, backend),
        proxy,
      },
      ctx.signal,
    );
  } catch (thrown) {
    if (ctx.signal.aborted || thrown instanceof CommandFailed) throw thrown;
    return { ...marked, ...told.absent(thrown, target.href) };
  }
  const refused = told.refused(reply, bodyOf(reply, given.decode_body));
  if (refused !== undefined) return { ...marked, ...refused };
  jar?.take(reply.cookies, target);
  await jar?.save();
  if (session !== undefined && reply.headers['Set-Cookie'] !== undefined)
    await writeFile(session, encode({ Cookie: reply.headers['Set-Cookie'] }), { mode: 0o600 });
  return { ...marked, ...(await answerOf(ctx, given, reply)) };
};

/** What the caller asked to be told of an answer. */
const answerOf = async (ctx: Ctx, given: Given, reply: Reply): Promise<Tree> => {
  const body = bodyOf(reply, given.decode_body);
  if (given.stream || given.handle) return { handle: `HTTP ${reply.status} ${reply.reason}`.trim(), body: new Uint8Array(reply.body) };
  if (given.text_out !== undefined) await writeFile(given.text_out, body);
  if (given.headers_out !== undefined && existsSync(given.headers_out))
    await writeFile(
      given.headers_out,
      Object.entries(reply.headers)
        .map(([name, value]) => `${name}: ${value}\n`)
        .join(''),
    );
  const told: Record<string, Returnable> = {
    body,
    ...(given.status ? { status: reply.status } : {}),
    ...(given.headers ? { headers: reply.headers } : {}),
  };
  if (!given.decode) return given.text ? { ...told, text: body } : told;
  const { dict, error, plain } = await decoded(ctx, given.decode_type, reply.headers['Content-Type'] ?? 'application/json', body);
  if (error !== undefined) return { ...told, error };
  if (given.decode_out !== undefined) await writeFile(given.decode_out, body);
  return { ...told, ...(dict === undefined ? {} : { dict }), ...(given.text || plain ? { text: body } : {}) };
};

const checked = (url: string): string => {
  if (!URL.canParse(url) || !/^https?:\/\//i.test(url)) throw new CommandFailed(`Unsupported url scheme: ${url}`);
  return url;
};

/** As Python's urlencode has it: spaces as `+`. */
const encoded = (pairs: readonly (readonly [Returnable, Returnable])[]): string =>
  new URLSearchParams(pairs.map(([name, value]): [string, string] => [pythonText(name), pythonText(value)]))
    .toString()
    .replaceAll('%7E', '~')
    .replaceAll('*', '%2A');
const pythonText = (value: Returnable): string =>
  value === null ? 'None' : value === true ? 'True' : value === false ? 'False' : String(value);

const withParams = (url: string, params: Returnable | undefined): string => {
  if (!isTree(params) && !Array.isArray(params)) {
    if (params) throw new CommandFailed(`'args' parameter should be dict, list or tuple. Not <class '${typeof params}'>`);
    return url;
  }
  const given = isTree(params) ? Object.entries(params) : params.map((pair) => [pair].flat() as [Returnable, Returnable]);
  if (given.length === 0) return url;
  const full = new URL(url);
  full.search = encoded([...new URLSearchParams(full.search), ...given]);
  return full.href;
};

/** A file as it is, or rendered: a map if the renderer makes one. */
const contentOf = async (ctx: Ctx, path: string, render: boolean, renderer: string | undefined, given: Given): Promise<Returnable> => {
  if (!render) return readFile(path, 'utf8');
  const variables = isTree(given.template_dict) ? given.template_dict : {};
  return ctx.call('slsutil.renderer', [path], { ...variables, ...(renderer === undefined ? {} : { default_renderer: renderer }) });
};

const sentBody = async (ctx: Ctx, given: Given): Promise<Buffer | undefined> => {
  const data =
    given.data_file === undefined ? given.data : await contentOf(ctx, given.data_file, given.data_render, given.data_renderer, given);
  if (data == null) return undefined;
  if (isTree(data)) return Buffer.from(encoded(Object.entries(data)));
  if (typeof data === 'string' || data instanceof Uint8Array) return Buffer.from(data as string);
  throw new CommandFailed(`data must be a text or a map, not ${JSON.stringify(data)}; put quotes around it`);
};

const sentHeaders = async (ctx: Ctx, given: Given): Promise<Record<string, string>> => {
  const file =
    given.header_file === undefined
      ? undefined
      : await contentOf(ctx, given.header_file, given.header_render, given.header_renderer, given);
  const map = isTree(file) ? file : isTree(given.header_dict) ? given.header_dict : {};
  const lines = file === undefined || isTree(file) ? (Array.isArray(given.header_list) ? given.header_list : []) : String(file).split('\n');
  const pairs = lines.map((line) => String(line).split(':')).filter((parts) => parts.length > 1);
  const all = [...Object.entries(map), ...pairs.map(([name = '', ...value]) => [name.trim(), value.join(':').trim()] as const)];
  return Object.fromEntries([...all, ['User-Agent', given.agent] as const].map(([name, value]) => [capitalised(name), String(value)]));
};

const loginOf = ({ username, password, auth }: Given): { user: string; password: string } | undefined => {
  const [user, secret] = Array.isArray(auth) ? auth : [username, password];
  return user == null ? undefined : { user: String(user), password: String(secret ?? '') };
};

const trustOf = async (ctx: Ctx, given: Given, setting: Setting): Promise<Trust> => {
  const verify = Boolean(given.verify_ssl ?? (await setting('verify_ssl', true)));
  const bundle = verify ? (given.ca_bundle ?? (await bundlePath(ctx))) : undefined;
  const [cert, key] = [given.cert ?? (await setting('cert')) ?? []]
    .flat()
    .map(String)
    .filter((path) => path !== '');
  const read = async (path: string | undefined): Promise<string | undefined> =>
    path === undefined || !existsSync(path) ? undefined : readFile(path, 'utf8');
  return { verify, ca: await read(bundle), cert: await read(cert), key: await read(key) };
};

const limitsOf = async (setting: Setting, backend: string): Promise<Limits> => ({
  connect: Number(await setting('http_connect_timeout', 20)) * 1000 || 20_000,
  // Timers count up to 2^31 milliseconds.
  whole: Math.min(Number(await setting('http_request_timeout', 3600)) * 1000 || 3_600_000, 2 ** 31 - 1),
  size: Number(await setting('http_max_body', 107374182400)) || 107374182400,
  redirects: backend === 'requests' ? 30 : 5,
});

const proxyFor = async (url: string, setting: Setting): Promise<Relay | undefined> => {
  const [host, port] = [await setting('proxy_host'), await setting('proxy_port')];
  const without = await setting('no_proxy', []);
  if (!host || !port || (URL.canParse(url) && Array.isArray(without) && without.includes(new URL(url).hostname))) return undefined;
  const [user, password] = [await setting('proxy_username'), await setting('proxy_password')];
  return { host: String(host), port: Number(port), login: user && password ? basic(String(user), String(password)) : undefined };
};

const inCache = async (setting: Setting, path: string | undefined, name: string): Promise<string> =>
  path ?? join(String(await setting('cachedir')), name);

/** Cookies of the last answer of this session. */
const sessionCookies = async (path: string | undefined): Promise<string | undefined> => {
  if (path === undefined || !existsSync(path)) return undefined;
  const kept = decode(await readFile(path));
  return typeof kept === 'object' && kept !== null && 'Cookie' in kept ? String(kept.Cookie) : undefined;
};

/** One file in a form; null without a name of the field. */
const formOf = (given: Given, body: Buffer | undefined): { readonly type: string; readonly body: Buffer } | null => {
  if (!given.formdata_fieldname) return null;
  const boundary = 'a5f0c3e1b7d94286a5f0c3e1b7d94286';
  const file = given.formdata_filename === undefined ? '' : `; filename="${given.formdata_filename}"`;
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${given.formdata_fieldname}"${file}\r\n\r\n`;
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(head), body ?? Buffer.alloc(0), Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
};
