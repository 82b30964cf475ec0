import { isMap } from './body.ts';
import { runForCredentials, runForSession } from './lowstate.ts';
import { HttpProblem } from './problem.ts';
import { type Call, parameter, type Route, SENT } from './route.ts';
import { tarOf } from './tar.ts';

export const keyRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/keys',
    auth: 'none',
    summary: 'Keys by their state',
    handle: async (call) => ({ return: await wheel(call, { fun: 'key.list_all' }) }),
  },
  {
    method: 'GET',
    path: '/keys/:mid',
    auth: 'none',
    summary: 'Fingerprints of keys',
    handle: async (call) => ({ return: await wheel(call, { fun: 'key.finger', match: parameter(call.request, 'mid') }) }),
  },
  {
    method: 'POST',
    path: '/keys',
    auth: 'none',
    takes: 'any',
    gives: 'application/x-tar',
    summary: 'Make a pair of keys for a minion and accept it',
    handle: generate,
  },
];

const returnOf = (told: unknown): unknown => (isMap(told) && isMap(told['data']) ? told['data']['return'] : undefined);

async function wheel(call: Call, chunk: Readonly<Record<string, unknown>>): Promise<unknown> {
  const [told] = await runForSession(call, [{ client: 'wheel', ...chunk }]);
  return returnOf(told);
}

async function generate(call: Call): Promise<unknown> {
  const [{ mid, ...given } = {} as Record<string, unknown>] = call.lowstate();
  if (typeof mid !== 'string' || !/^[\w.@-]{1,253}$/.test(mid)) throw new HttpProblem(400, 'mid must name the minion');
  const chunk = { ...given, client: 'wheel', fun: 'key.gen_accept', id_: mid };
  const proved = 'token' in given || 'eauth' in given;
  const [told] = proved ? await runForCredentials(call, [chunk]) : await runForSession(call, [chunk]);
  const made = returnOf(told);
  if (!isMap(made) || typeof made['pub'] !== 'string' || typeof made['priv'] !== 'string')
    throw new HttpProblem(500, typeof made === 'string' ? made : `there is a key of ${mid} already: give force to replace it`);
  const tar = tarOf([
    { name: 'minion.pub', mode: 0o644, text: made['pub'] },
    { name: 'minion.pem', mode: 0o600, text: made['priv'] },
  ]);
  call.reply
    .type('application/x-tar')
    .headers({ 'content-disposition': `attachment; filename="saltkeys-${mid}.tar"`, 'cache-control': 'no-cache' })
    .send(tar);
  return SENT;
}
