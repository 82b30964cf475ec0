import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { invoke, witness } from '../../../test/support/ctx.ts';
import disk, { parseBlkid, parseDf } from './index.ts';

const DF = `Filesystem              1024-blocks     Used Available Capacity Mounted on
devtmpfs                   12334432        0  12334432       0% /dev
/dev/vda                  264212084 60320168  35181096      64% /
//nas/a share             264212084 60320168  35181096      64% /mnt/with blank
`;

test('rows of df are read, with blanks in names and mount points', () => {
  assert.deepEqual(parseDf(DF), [
    ['devtmpfs', '12334432', '0', '12334432', '0%', '/dev'],
    ['/dev/vda', '264212084', '60320168', '35181096', '64%', '/'],
    ['//nas/a share', '264212084', '60320168', '35181096', '64%', '/mnt/with blank'],
  ]);
});

test('attributes of block devices are read', () => {
  assert.deepEqual(parseBlkid('/dev/sda1: LABEL="a b" UUID="12-34" TYPE="vfat"\n/dev/sr0: TYPE="iso9660"\n'), {
    '/dev/sda1': { LABEL: 'a b', UUID: '12-34', TYPE: 'vfat' },
    '/dev/sr0': { TYPE: 'iso9660' },
  });
});

test('usage of this machine names the mount points of df', async () => {
  const listed = execFileSync('df', ['-P'], { encoding: 'utf8' }).trim().split('\n').length - 1;
  const usage = (await invoke(disk, 'usage')) as Record<string, Record<string, string>>;
  assert.ok(Object.keys(usage).length <= listed && Object.keys(usage).length > 0);
  for (const row of Object.values(usage)) assert.deepEqual(Object.keys(row), ['filesystem', '1K-blocks', 'used', 'available', 'capacity']);
});

test('the share of a mount point is told, one that does not exist is logged', async () => {
  const here = witness();
  const all = (await invoke(disk, 'percent', {}, here)) as Record<string, string>;
  const [path = ''] = Object.keys(all);
  assert.match(String(await invoke(disk, 'percent', { args: path }, here)), /^\d+%$/);
  assert.deepEqual(await invoke(disk, 'percent', { args: '/no/such' }, here), {});
  assert.match(here.logged.at(-1) ?? '', /Partition '\/no\/such' does not exist/);
});

test('a device that does not exist has no file system, and the job ends with the return code of df', async () => {
  const here = witness();
  assert.equal(await invoke(disk, 'fstype', { device: '/dev/no/such' }, here), '');
  assert.equal(here.retcode, 1);
  const there = witness();
  assert.notEqual(await invoke(disk, 'fstype', { device: '/' }, there), '');
  assert.equal(there.retcode, 0);
});

test('options that are not letters of df are refused', async () => {
  await assert.rejects(invoke(disk, 'usage', { args: '; rm' }), /Invalid flag passed to disk.usage/);
  await assert.rejects(invoke(disk, 'blkid', { device: '--help' }), /is not a device/);
});
