import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Carbon } from '../support/carbon.ts';
import { debianPackages } from '../support/debian.ts';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';

const EXAMPLE = 'docs/examples/monitoring';
const HERE = 'web.example';
const METRICS = 'servers.web_example.vitals';
/** Of the class `brief`, returns that the master keeps. */
const KEPT = 5;

interface Line {
  readonly return: { readonly uptime: number };
}

suite('a machine is watched through Graphite, as the guide says', { skip: debianPackages('graphite-carbon', 'python3-whisper') }, () => {
  let carbon: Carbon;
  let house: House;
  /** Each result, too, so that there is something to compare with; before the module is there they are texts. */
  const results = (): Line[] => {
    const file = join(house.home, 'results');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    return lines.map((line) => JSON.parse(line) as Line).filter((line) => typeof line.return === 'object');
  };
  const uptimes = async (): Promise<number[]> => [...(await carbon.points(`${METRICS}.uptime`)).values()];
  /** More results than there are now. */
  const further = async (count: number): Promise<void> => {
    const now = results().length;
    await until(`${count} results more`, async () => results().length >= now + count, 60);
  };

  before(async () => {
    carbon = await Carbon.open();
    house = await House.open('tsalt', { retention: { brief: { rows: KEPT } } });
    house.serve('_modules/vitals.py', readFileSync(join(EXAMPLE, '_modules/vitals.py')));
    house.servePillar('top.sls', readFileSync(join(EXAMPLE, 'pillar/top.sls'), 'utf8'));
    const pillar = readFileSync(join(EXAMPLE, 'pillar/monitoring.sls'), 'utf8');
    const short = pillar
      .replace('seconds: 15', 'seconds: 1')
      .replace('returner: carbon', 'returner: [carbon, rawfile_json]')
      .replace('graphite.example.com', '127.0.0.1')
      .replace('port: 2003', `port: ${carbon.port}`);
    assert.equal(short.split('\n').length, pillar.split('\n').length);
    house.servePillar('monitoring.sls', short);
    await house.startMaster();
    const kept = { function: 'vitals.load', seconds: 1, retention: 'brief', return_job: true };
    house.addMinion('tsalt', HERE, { 'rawfile_json.filename': join(house.home, 'results'), schedule: { kept } });
    await house.answering(HERE);
  });
  after(async () => {
    await house?.[Symbol.asyncDispose]();
    await carbon?.[Symbol.asyncDispose]();
  });

  test('the module comes with the next synchronisation, and its numbers are in the files of Whisper', async () => {
    assert.deepEqual(await house.results(HERE, 'saltutil.sync_modules'), { [HERE]: ['modules.vitals'] });
    await further(3);
    await until('points arrive', async () => (await uptimes()).length >= 3);
    const total = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
    assert.deepEqual([...new Set((await carbon.points(`${METRICS}.memory.total`)).values())], [total]);
    assert.deepEqual(readdirSync(join(carbon.whisper, ...METRICS.split('.'))).sort(), ['disk', 'load', 'memory', 'network', 'uptime.wsp']);
    assert.ok((await carbon.points(`${METRICS}.load.15m`)).size >= 3);
    assert.ok((await carbon.points(`${METRICS}.network.lo.in.bytes`)).size >= 3);
  });

  test('a job of the command line sends its numbers there, too', async () => {
    const { stdout } = await house.cli('--return', 'carbon', '--return_kwargs', '{metric_base: typed}', HERE, 'test.echo', '42');
    assert.match(stdout, /42/);
    const points = await until('the point arrives', async () => {
      const found = await carbon.points('typed.servers.web_example.test');
      return found.size > 0 ? found : undefined;
    });
    assert.deepEqual([...points.values()], [42]);
  });

  test('what is measured while Carbon is away is there when it is back, and the log of the minion tells of both', async () => {
    await further(1);
    await carbon.stop();
    await further(5);
    assert.match(house.log(HERE), /the returner carbon is away, \d+ results? waits?/);
    await carbon.start();
    await until('the log says so', async () => /the returner carbon is back/.test(house.log(HERE)), 60);
    const measured = results().map((line) => line.return.uptime);
    // Of two within one second Whisper keeps the later.
    const missing = async (): Promise<number[]> => {
      const points = await uptimes();
      return measured.filter((uptime) => !points.some((point) => Math.abs(point - uptime) < 1));
    };
    await until('every one is there', async () => (await missing()).length === 0).catch(async () => assert.deepEqual(await missing(), []));
  });

  test('the job cache keeps nothing of it, and of what it keeps no more than the class says', async () => {
    const listed = async (fun: string): Promise<number> =>
      Object.keys(await house.runner('jobs.list_jobs', `search_function=${fun}`)).length;
    assert.equal(await listed('vitals.collect'), 0);
    assert.ok(results().length > 2 * KEPT, `${results().length} runs`);
    assert.equal(await until('the oldest went', async () => ((await listed('vitals.load')) === KEPT ? KEPT : undefined)), KEPT);
  });
});
