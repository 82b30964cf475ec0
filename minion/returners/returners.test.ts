import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { newJid } from '../../protocol/jid.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { until } from '../../test/support/process.ts';
import { SmallMaster } from '../../test/support/small_master.ts';
import { type RunningMinion, startMinion } from '../main.ts';

let dir: string;
let master: SmallMaster;
let minion: RunningMinion | undefined;
let logged: string[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-returners-'));
  logged = [];
  master = new SmallMaster();
  await master.start();
});
afterEach(async () => {
  await minion?.stop();
  minion = undefined;
  await master.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** A minion with these options, and `_returners/*.py` as if they were synchronised. */
async function started(options: Readonly<Record<string, unknown>>, python: Readonly<Record<string, string>> = {}): Promise<void> {
  const all = { id: 'web1', root_dir: dir, master: '127.0.0.1', master_port: master.requestPort, extension_modules: join(dir, 'extmods') };
  writeFileSync(join(dir, 'minion'), JSON.stringify({ ...all, 'rawfile_json.filename': join(dir, 'lines'), ...options }));
  mkdirSync(join(dir, 'extmods/returners'), { recursive: true });
  for (const [name, text] of Object.entries(python)) writeFileSync(join(dir, 'extmods/returners', `${name}.py`), text);
  const note = (text: string): void => void logged.push(text);
  minion = await startMinion({ configDir: dir, log: { debug: () => undefined, info: () => undefined, warn: note, error: note } });
  minion.ended.catch(() => undefined);
  await master.request(({ tag }) => tag === 'salt/minion/web1/start');
}

async function publish(fun: string, more: Message = {}): Promise<string> {
  const jid = newJid();
  await master.publish({ fun, arg: [], tgt: '*', tgt_type: 'glob', jid, ret: '', user: 'root', ...more });
  return jid;
}
const atMaster = async (jid: string): Promise<Message> => await master.request(({ cmd, jid: of }) => cmd === '_return' && of === jid);
/** The lines of a file, when it has so many. */
const lines = async (file: string, count = 1): Promise<Readonly<Record<string, unknown>>[]> =>
  await until(`${file} has ${count} lines`, async () => {
    const path = join(dir, file);
    const found = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
    return found.length >= count ? found.map((line) => JSON.parse(line) as Record<string, unknown>) : undefined;
  });
const logs = async (pattern: RegExp): Promise<void> =>
  void (await until(`it logs ${pattern}`, async () => logged.some((text) => pattern.test(text))));

test('a job with returners goes to each of them, and to the master as ever', async () => {
  await started({ 'other.rawfile_json.filename': join(dir, 'others') });
  const jid = await publish('test.ping', { ret: 'rawfile_json, nosuch', metadata: { a: 1 } });
  assert.equal((await atMaster(jid))['success'], true);
  const [line] = await lines('lines');
  assert.deepEqual(line, {
    id: 'web1',
    success: true,
    return: true,
    retcode: 0,
    jid,
    fun: 'test.ping',
    fun_args: [],
    user: 'root',
    metadata: { a: 1 },
  });
  await logs(new RegExp(`the returner nosuch did not get the return of job ${jid}: there is no such returner`));
  await publish('test.ping', { ret: 'rawfile_json', ret_config: 'other' });
  assert.equal((await lines('others'))[0]?.['ret_config'], 'other');
  await publish('test.ping', { ret: 'rawfile_json', ret_kwargs: { filename: join(dir, 'third') } });
  await lines('third');
});

test('the option return names returners for every published job, and none twice', async () => {
  await started({ return: 'rawfile_json,rawfile_json' });
  await publish('test.ping');
  await atMaster(await publish('test.ping', { ret: 'rawfile_json' }));
  await publish('test.version');
  assert.deepEqual(
    (await lines('lines', 3)).map(({ fun }) => fun),
    ['test.ping', 'test.ping', 'test.version'],
  );
});

test('a scheduled job goes to its returners and those of schedule_returner, also when the master does not hear of it', async () => {
  const once = { function: 'test.ping', seconds: 3600, run_on_start: true };
  await started({
    schedule_returner: 'rawfile_json',
    return: 'nosuch',
    schedule: {
      one: { ...once, return_job: false },
      two: { ...once, return_job: false, returner: 'rawfile_json', return_kwargs: { filename: join(dir, 'two') } },
    },
  });
  assert.equal((await lines('lines'))[0]?.['fun'], 'test.ping');
  assert.equal((await lines('two')).length, 1);
  assert.equal(logged.join().includes('nosuch'), false);
});

const PYTHON = `
import json, time
def __virtual__():
    return "py_file"
def returner(ret):
    if ret["fun"] == "test.version":
        raise ValueError("no versions here")
    if ret["fun"] == "test.versions":
        time.sleep(600)
    with open(__opts__["py_file"], "a") as out:
        out.write(json.dumps(dict(ret, echo=__salt__["test.echo"]("hi"))) + "\\n")
def get_jids():
    return {"1": {}}
`;

test('returners in Python get results, may call functions, and fail or hang without harm', async () => {
  await started({ py_file: join(dir, 'lines'), returner_timeout: 2 }, { mine: PYTHON });
  await publish('test.ping', { ret: 'py_file' });
  assert.deepEqual(
    (await lines('lines')).map(({ fun, echo }) => [fun, echo]),
    [['test.ping', 'hi']],
  );
  await atMaster(await publish('test.version', { ret: 'py_file' }));
  await logs(/py_file.*no versions here/s);
  await atMaster(await publish('test.versions', { ret: 'py_file' }));
  await logs(/the returner py_file failed, 1 result did not get there: it took longer than 2 s/);
  await publish('test.ping', { ret: 'py_file' });
  assert.equal((await lines('lines', 2)).length, 2);
  const asked = await atMaster(await publish('ret.get_jids', { arg: ['py_file'] }));
  assert.equal(asked['success'], true);
});

test('a returner that is off is named', async () => {
  await started({ disable_returners: ['rawfile_json'] });
  await publish('test.ping', { ret: 'rawfile_json' });
  await logs(/the returner rawfile_json did not get .*: it is named in disable_returners/);
});
