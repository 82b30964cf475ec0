import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { newKeyPair } from '../../protocol/suites/salt/keys.ts';
import { House, program } from '../support/house.ts';
import { Daemon, until } from '../support/process.ts';

type States = Readonly<Record<string, { readonly state: string; readonly reason?: string; readonly pid?: number }>>;

suite('somebody waits for a job', () => {
  let house: House;
  before(async () => {
    house = await House.open('tsalt', { gather_job_timeout: 60 });
    await house.startMaster();
    for (const id of ['here', 'away']) house.addMinion('tsalt', id, { suite: 'native' });
    await house.answering('here', 'away');
    await house.minion('away').stop();
    const { publicPem } = await newKeyPair();
    writeFileSync(join(house.etc, 'root/pki/minions/never'), `${publicPem}\n`);
    await until('the master knows the new key', async () => (await house.cli('--preview-target', '*')).stdout.includes('never'));
  });
  after(() => house[Symbol.asyncDispose]());

  const states = async (jid: string): Promise<States> => await house.runner<States>('jobs.states', jid);
  const path = (name: string): string => join(house.home, name);

  test('minions that are known to be away hold nobody up, and are told with the reason', async () => {
    const began = Date.now();
    const { stdout, code } = await house.cli('-t', '30', '*', 'test.ping');
    assert.ok(Date.now() - began < 20_000, 'it ended before the time of 30 s, and long before that of 60 s for questions');
    assert.match(stdout, /^here:\n {4}True\n/m);
    assert.match(stdout, /^away:\n {4}Minion did not return\. \[No response\]\n {4}offline since 20\d\d-/m);
    assert.match(stdout, /^never:\n {4}Minion did not return\. \[No response\]\n {4}never connected to this master\n/m);
    assert.equal(code, 1);
  });

  test('a listed minion that nobody knows is told so', async () => {
    const { stdout, code } = await house.cli('-t', '30', '-L', 'here,unknown', 'test.ping');
    assert.match(stdout, /^unknown:\n {4}Minion did not return\. \[No response\]\n {4}no key of this minion is accepted/m);
    assert.equal(code, 1);
  });

  test('a minion that still works is waited for beyond the time of -t, and told to be running with its process', async () => {
    const gate = path('still');
    const out = path('still.out');
    const command = `until [ -e ${gate} ]; do sleep 0.2; done; echo end`;
    const options = ['-t', '1', '--show-jid', 'here', 'cmd.run', command, 'python_shell=True'];
    const waiting = new Daemon([...program('tsalt', ''), '-c', house.etc, ...options], out);
    waiting.start();
    const jid = await until('the job has an id', async () => existsSync(out) && /jid: (\d{20})/.exec(readFileSync(out, 'utf8'))?.[1]);
    const part = await until('it is running', async () => {
      const { here } = await states(jid);
      return here?.state === 'running' && here;
    });
    assert.ok(Number(part.pid) > 1);
    assert.ok(jid in (await house.runner('jobs.active')));
    const asked = Date.now() + 3000;
    await until('the time of -t is long over', async () => Date.now() > asked);
    assert.equal(waiting.running, true);
    writeFileSync(gate, '');
    await until('it returned', async () => !waiting.running);
    assert.match(readFileSync(out, 'utf8'), /here:\n {4}end\n/);
    assert.deepEqual(await house.runner('jobs.lookup_jid', jid), { here: 'end' });
    assert.equal(jid in (await house.runner('jobs.active')), false);
  });

  test('a job that is cancelled ends on the minion, and its row says so', async () => {
    const file = path('cancelled.pid');
    const jid = await house.start('here', 'cmd.run', `echo $$ > ${file}; exec sleep 600`, 'python_shell=True');
    await until('it runs', async () => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
    const pid = Number(readFileSync(file, 'utf8'));
    await house.tool('run', ['jobs.cancel', jid]);
    await until('the process is gone', async () => !alive(pid));
    const part = await until('the job is over', async () => {
      const { here } = await states(jid);
      return here !== undefined && here.state !== 'running' && here.state !== 'sent' ? here : undefined;
    });
    assert.equal(part.state, 'failed');
    await house.answering('here');
  });

  test('--follow shows what a command writes while it runs', async () => {
    const gate = path('follow');
    const command = `echo first; until [ -e ${gate} ]; do sleep 0.2; done; echo second`;
    const out = path('follow.out');
    const watching = new Daemon(
      [...program('tsalt', ''), '-c', house.etc, '--follow', 'here', 'cmd.run', command, 'python_shell=True'],
      out,
    );
    watching.start();
    await until('the first line is shown while the command waits', async () => existsSync(out) && /first/.test(readFileSync(out, 'utf8')));
    assert.doesNotMatch(readFileSync(out, 'utf8'), /second/);
    assert.equal(watching.running, true);
    writeFileSync(gate, '');
    await until('the command ended', async () => !watching.running);
    assert.match(readFileSync(out, 'utf8'), /here:\n {4}first\n {4}second\n/);
  });
});

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
