import { isMap } from './body.ts';
import { clients } from './clients.ts';
import { runForCredentials, runForSession } from './lowstate.ts';
import { type Call, parameter, type Route } from './route.ts';

export const callRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    auth: 'none',
    summary: 'Welcome, and which clients there are',
    handle: () => ({ return: 'Welcome', clients: Object.keys(clients).sort() }),
  },
  {
    method: 'POST',
    path: '/',
    auth: 'session',
    takes: 'lowstate',
    summary: 'Run calls, one after another',
    handle: async (call) => ({ return: await runForSession(call, call.lowstate()) }),
  },
  {
    method: 'POST',
    path: '/run',
    auth: 'none',
    takes: 'lowstate',
    summary: 'Run calls that carry a token, or a login, of their own',
    handle: async (call) => ({ return: await runForCredentials(call, call.lowstate()) }),
  },
];

export const sessionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/minions',
    auth: 'session',
    summary: 'Grains of all minions',
    handle: (call) => minions(call, '*'),
  },
  {
    method: 'GET',
    path: '/minions/:mid',
    auth: 'session',
    summary: 'Grains of one minion',
    handle: (call) => minions(call, parameter(call.request, 'mid')),
  },
  {
    method: 'POST',
    path: '/minions',
    auth: 'session',
    takes: 'lowstate',
    summary: 'Start jobs without waiting for them',
    handle: startJobs,
  },
  {
    method: 'GET',
    path: '/jobs',
    auth: 'session',
    summary: 'Jobs of the past',
    handle: async (call) => ({ return: await runForSession(call, [{ client: 'runner', fun: 'jobs.list_jobs' }]) }),
  },
  { method: 'GET', path: '/jobs/:jid', auth: 'session', summary: 'One job and its returns', handle: job },
];

const minions = async (call: Call, tgt: string): Promise<unknown> => ({
  return: await runForSession(call, [{ client: 'local', fun: 'grains.items', tgt }]),
});

async function startJobs(call: Call): Promise<unknown> {
  const started = await runForSession(
    call,
    call.lowstate().map((chunk) => ({ ...chunk, client: 'local_async' })),
  );
  const jobs = started.flatMap((one) => (isMap(one) && typeof one['jid'] === 'string' ? [{ href: `/jobs/${one['jid']}` }] : []));
  call.reply.code(202);
  return { return: started, _links: { jobs } };
}

async function job(call: Call): Promise<unknown> {
  const [info] = await runForSession(call, [{ client: 'runner', fun: 'jobs.list_job', kwarg: { jid: parameter(call.request, 'jid') } }]);
  const result = isMap(info) && isMap(info['Result']) ? info['Result'] : {};
  const returns = Object.entries(result).map(([id, data]) => [id, isMap(data) && 'return' in data ? data['return'] : data]);
  return { info: [info], return: [Object.fromEntries(returns)] };
}
