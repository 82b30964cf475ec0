// `node --import tsx test/load/web.ts [SECONDS]`, after `npm run build`: 500 readers of events and 200 requests a second
// while jobs run, against a tsalt-master with the API in its process. Tells what was lost, how long requests took, and the
// master's memory. By hand; the figures of docs/benchmarks.md come from it.
import { readFileSync } from 'node:fs';
import { Agent, get, request } from 'node:http';
import { apiHouse, USERS } from '../support/api-house.ts';
import { until } from '../support/process.ts';

const READERS = 500;
const PER_SECOND = 200;
/** Of these a second are jobs, as many ask a runner who is there, and the others read `/stats` with their session. */
const JOBS_PER_SECOND = 20;
const COUNTED = /^data: .*"return": "counted".*"tag": "salt\/job\/\d+\/ret\//;
const seconds = Number(process.argv[2] ?? 60);

await using api = await apiHouse(undefined, { log_level: 'warning' });
const { house } = api;
await house.startMaster();
await api.ready();
for (const id of ['m1', 'm2']) house.addMinion('tsalt', id);
await house.answering('m1', 'm2');
let inFlight = 0;
const agent = new Agent({ keepAlive: true, maxSockets: 100 });
const { token } = (await post('/login', { username: 'admin', password: USERS.admin, eauth: 'file' })).reply.return[0] as { token: string };
const memory = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${house.master.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** How many returns each reader has seen. */
const seen = new Uint32Array(READERS);
const readers = await Promise.all(Array.from({ length: READERS }, (_, at) => reader(at)));
const before = memory();
process.stdout.write(`${READERS} readers of events are there; the master has ${before.toFixed(0)} MB\n`);

const times: number[] = [];
let [failed, started, late] = [0, 0, 0];
const end = Date.now() + seconds * 1000;
const peaks: number[] = [];
for (let sent = 0; Date.now() < end; sent += 1) {
  const due = end - seconds * 1000 + (sent * 1000) / PER_SECOND;
  if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
  else if (Date.now() - due > 1000) late += 1;
  if (sent % PER_SECOND === 0) peaks.push(memory());
  void call(sent);
}
await until('every request is answered', async () => times.length + failed >= Math.floor(seconds * PER_SECOND * 0.5) && inFlight === 0, 60);
const wanted = started * 2;
const complete = await until('every reader has every return', async () => seen.every((count) => count === wanted), 60).catch(() => false);

times.sort((a, b) => a - b);
const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(0);
const lost = seen.reduce((sum, count) => sum + Math.abs(wanted - count), 0);
const half = peaks.slice(Math.floor(peaks.length / 2));
process.stdout.write(
  [
    `requests: ${times.length} answered in ${seconds} s, ${failed} failed, ${late} sent more than 1 s late`,
    `answer times: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, 99 % ${at(0.99)} ms`,
    `jobs: ${started}, of 2 minions each; events to readers: ${seen.reduce((sum, count) => sum + count, 0)} returns, ${lost} lost${complete === false ? ' (waited 60 s)' : ''}`,
    `memory: ${before.toFixed(0)} MB before, ${Math.max(...peaks).toFixed(0)} MB at most, ${(half.at(-1) ?? 0).toFixed(0)} MB at the end, ${memory().toFixed(0)} MB after`,
    '',
  ].join('\n'),
);
for (const stop of readers) stop();
agent.destroy();
process.exitCode = lost > 0 || failed > 0 ? 1 : 0;

async function call(number: number): Promise<void> {
  const from = performance.now();
  const isJob = number % (PER_SECOND / JOBS_PER_SECOND) === 0;
  const chunk = isJob
    ? { client: 'local_async', tgt: '*', fun: 'test.echo', arg: ['counted'] }
    : { client: 'runner', fun: 'manage.present' };
  const asked = isJob || number % 10 === 5 ? post('/', chunk, token) : post('/stats', undefined, token);
  const { status } = await asked.catch(() => ({ status: 0 }));
  if (status !== 200) failed += 1;
  else {
    times.push(performance.now() - from);
    if (isJob) started += 1;
  }
}

function post(path: string, body: unknown, session = ''): Promise<{ status: number; reply: { return: unknown[] } }> {
  inFlight += 1;
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'x-auth-token': session,
      'content-length': Buffer.byteLength(text),
    };
    const sent = request(`${api.url}${path}`, { method: body === undefined ? 'GET' : 'POST', agent, headers }, (answer) => {
      let got = '';
      answer.on('data', (chunk: Buffer) => (got += chunk.toString()));
      answer.on('end', () => {
        inFlight -= 1;
        resolve({ status: answer.statusCode ?? 0, reply: answer.statusCode === 200 ? JSON.parse(got) : { return: [] } });
      });
    });
    sent.on('error', (error) => {
      inFlight -= 1;
      reject(error);
    });
    sent.end(text);
  });
}

function reader(index: number): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const sent = get(`${api.url}/events`, { agent: false, headers: { 'x-auth-token': token } }, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`a reader was refused: ${answer.statusCode}`));
      let rest = '';
      answer.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        // The events of our jobs alone: the master asks minions things of its own.
        for (const line of lines) if (COUNTED.test(line)) seen[index] = (seen[index] ?? 0) + 1;
      });
      resolve(() => sent.destroy());
    });
    sent.on('error', () => undefined);
  });
}
