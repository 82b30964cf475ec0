import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { connect } from '../../master/client/connect.ts';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';
import { mailServer } from '../support/smtp.ts';

interface Told {
  readonly id: number;
  readonly kind: string;
  readonly state: string;
  readonly subject: string;
}
interface Chart {
  readonly series: readonly { readonly minion: string; readonly name: string; readonly points: readonly (number | null)[] }[];
}

const VITALS = `
import { readFileSync } from 'node:fs';

/** Measures a queue. */
export const collect = () => ({ queue: { length: Number(readFileSync('{file}', 'utf8')) }, name: 'x' });
`;

suite('what is watched: charts, thresholds, and who is told', () => {
  let house: House;
  let server: Server | undefined;
  let port = 0;
  const told: Told[] = [];

  const listen = async (): Promise<void> => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        told.push(JSON.parse(body) as Told);
        response.end();
      });
    });
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', () => resolve()));
    port = (server.address() as AddressInfo).port;
  };
  const deaf = async (): Promise<void> => {
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
    server = undefined;
  };
  const wheel = async (fun: string, kwargs: Readonly<Record<string, unknown>>): Promise<unknown> => {
    await using client = await connect(house.client);
    return await client.wheel(fun, kwargs);
  };
  const heard = async (kind: string, state: string): Promise<Told> =>
    await until(`${kind} ${state} is told`, async () => told.find((one) => one.kind === kind && one.state === state), 60);

  before(async () => {
    house = await House.open('tsalt', { timeout: 3, alert_minion_down: 1 });
    house.serve('queue', '5');
    house.serve('_modules/vitals.js', VITALS.replace('{file}', `${house.srv}/queue`));
    await listen();
    await house.startMaster();
    const vitals = { function: 'vitals.collect', seconds: 1, return_job: 'nocache' };
    house.addMinion('tsalt', 'web1', { schedule: { vitals } });
    await house.answering('web1');
    await house.cli('web1', 'saltutil.sync_modules');
    await wheel('alert.save_channel', { name: 'hook', kind: 'webhook', url: `http://127.0.0.1:${port}/`, secret: 'hunter2' });
  });
  after(async () => {
    await deaf();
    await house[Symbol.asyncDispose]();
  });

  test('what a scheduled function returns is a chart, without a job in the cache; so is what the minion sends itself', async () => {
    const chart = async (name: string): Promise<Chart> => await house.runner<Chart>('metrics.query', name, 'minion=web1', 'from=-60');
    await until('values are there', async () => (await chart('vitals.queue.*')).series[0]?.points.includes(5) === true);
    await house.cli('web1', 'event.fire_master', '{"values": {"own": {"depth": 7}}}', 'salt/minion/web1/metrics');
    await until('its own are there', async () => (await chart('own.depth')).series[0]?.points.includes(7) === true);
    assert.deepEqual(await house.runner('metrics.names', 'web1'), ['own.depth', 'vitals.queue.length']);
    assert.deepEqual(await house.runner('metrics.latest', 'web1'), { 'own.depth': 7, 'vitals.queue.length': 5 });
    assert.equal(JSON.stringify(await house.runner('jobs.list_jobs')).includes('vitals.collect'), false);
  });

  test('a threshold that is crossed is on the page of the fleet and is told; so is that it is well again', async () => {
    await wheel('threshold.save', { name: 'queue', metric: 'vitals.queue.*', error: 100 });
    house.serve('queue', '500');
    assert.equal((await heard('threshold', 'problem')).subject, 'web1: error: vitals.queue.length');
    const { rows } = await house.runner<{ rows: { status: string; status_message: string }[] }>('fleet.page');
    assert.deepEqual([rows[0]?.status, rows[0]?.status_message], ['error', 'vitals.queue.length of web1 is 500, above 100.']);
    house.serve('queue', '5');
    await heard('threshold', 'recovered');
  });

  test('a routine that fails is told in the end, though nobody listens and the master is killed meanwhile', async () => {
    await deaf();
    await wheel('routine.save', { name: 'bad', fun: 'test.exception', target: 'web1', interval: 3600 });
    await wheel('routine.run', { name: 'bad' });
    await until('it waits', async () => JSON.stringify(await house.runner('alerts.list')).includes('ECONNREFUSED'));
    await house.master.kill('SIGKILL');
    await house.startMaster();
    await listen();
    assert.equal((await heard('routine', 'problem')).subject, 'The routine bad: failed');
  });

  test('a mail channel is told, too, and what cannot be one is refused in a sentence', async () => {
    await using mail = await mailServer();
    const channel = { name: 'ops', kind: 'mail', host: '127.0.0.1', port: mail.port, security: 'none', from: 'tsalt@example.com' };
    await wheel('alert.save_channel', { ...channel, to: ['ops@example.com'] });
    assert.equal(await wheel('alert.test', { name: 'ops' }), true);
    assert.ok(mail.lines.includes('RCPT TO:<ops@example.com>'));
    assert.ok(mail.lines.some((line) => line.includes('Alerts arrive here.')));
    await wheel('alert.delete_channel', { name: 'ops' });
    await assert.rejects(wheel('alert.save_channel', { ...channel, to: ['ops'] }), /to: a mail address/);
    await assert.rejects(
      wheel('alert.save_channel', { name: 'x', kind: 'webhook', url: 'file:///etc/passwd' }),
      /url: an http or https address/,
    );
  });

  test('a minion that stops is told of as away, and as back', async () => {
    await house.answering('web1');
    await house.minion('web1').stop();
    assert.equal((await heard('minion', 'problem')).subject, 'The minion web1 is away');
    house.minion('web1').start();
    await heard('minion', 'recovered');
    const shown = JSON.stringify([await house.runner('alerts.channels'), await house.runner('alerts.list')]);
    assert.equal((shown + house.log('master')).includes('hunter2'), false);
  });
});
