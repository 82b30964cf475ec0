import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newJid } from '../protocol/jid.ts';
import { SmallMaster } from '../test/support/small_master.ts';

const PROGRAM = fileURLToPath(new URL('../cli/bin/tsalt-minion.ts', import.meta.url));

const run = (dir: string): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', PROGRAM, '-c', dir, '-l', 'error'], { stdio: ['ignore', 'ignore', 'inherit'] });
const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
  return child.exitCode;
};

test('a job under a minion that is killed is reported as lost by the next one, and not run again', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-crash-'));
  const master = new SmallMaster();
  await master.start();
  let child: ChildProcess | undefined;
  try {
    writeFileSync(join(dir, 'minion'), `id: web1\nroot_dir: ${dir}\nmaster: 127.0.0.1:${master.requestPort}\n`);
    child = run(dir);
    await master.request(({ tag }) => tag === 'salt/minion/web1/start');
    const jid = newJid();
    const job = { fun: 'cmd.run', arg: [`echo ran >> ${dir}/ran; sleep 5`], tgt: '*', tgt_type: 'glob', jid, ret: '', user: 'root' };
    await master.publish(job);
    await master.request(({ cmd, jid: of }) => cmd === '_job_state' && of === jid);
    await end(child, 'SIGKILL');
    master.requests.length = 0;
    child = run(dir);
    const lost = await master.request(({ cmd, state }) => cmd === '_job_state' && state === 'lost');
    assert.equal(lost['jid'], jid);
    assert.match(String(lost['reason']), /restarted while this job was running/);
    await master.request(({ tag }) => tag === 'salt/minion/web1/start');
    await master.publish(job);
    const next = newJid();
    await master.publish({ ...job, jid: next, fun: 'cmd.run', arg: [`cat ${dir}/ran`] });
    await master.request(({ cmd, jid: of }) => cmd === '_return' && of === next);
    assert.equal(master.requests.filter(({ cmd, jid: of }) => cmd === '_return' && of === jid).length, 0);
    assert.equal(await end(child, 'SIGTERM'), 0);
  } finally {
    child?.kill('SIGKILL');
    await master.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});

test('the program of a minion whose key is rejected ends with the code for "not permitted"', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-rejected-'));
  const master = new SmallMaster();
  master.verdict = 'rejected';
  await master.start();
  try {
    writeFileSync(join(dir, 'minion'), `id: web1\nroot_dir: ${dir}\nmaster: 127.0.0.1:${master.requestPort}\nlog_level: quiet\n`);
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, '-c', dir], { stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.equal(code, 77);
  } finally {
    await master.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
