import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { findProgram } from '../../../../kernel/loader/host.ts';
import { changesBetween, problem } from '../changes.ts';
import { firstFitting, nameFits } from '../targets.ts';
import { parseInventory } from './dpkg.ts';
import { parseOffers, parsePolicy, parseRemovable, parseUpdate, parseUpgrades } from './parse.ts';
import { compareVersions } from './versions.ts';

test('the data base is read: installed, held, removed, and packages of a second architecture', () => {
  const output = [
    'install ok installed bash 5.2.15-2+b8 amd64',
    'hold ok installed tree 2.1.0-1 amd64',
    'install ok installed libc6 2.36-9 i386',
    'install ok installed tzdata 2025b-0 all',
    'deinstall ok config-files mc 3:4.8.29-2 amd64',
    'purge ok installed gone 1.0 amd64',
    'unknown ok not-installed ghost  ',
    '',
  ].join('\n');
  const { installed, removed, purging } = parseInventory(output, 'amd64');
  assert.deepEqual(Object.fromEntries(installed), {
    bash: ['5.2.15-2+b8'],
    tree: ['2.1.0-1'],
    'libc6:i386': ['2.36-9'],
    tzdata: ['2025b-0'],
  });
  assert.deepEqual(Object.fromEntries(removed), { mc: ['3:4.8.29-2'] });
  assert.deepEqual(Object.fromEntries(purging), { gone: ['1.0'] });
});

test('apt-get update is read by source', () => {
  const output = [
    'Hit:1 http://deb.debian.org/debian bookworm InRelease',
    'Get:2 http://deb.debian.org/debian bookworm-updates InRelease [55.4 kB]',
    'Ign:3 http://example.org/apt stable InRelease',
    'Err:4 http://example.org/apt stable Release',
    '  404  Not Found [IP: 192.0.2.1 80]',
    'Fetched 55.4 kB in 1s (44.2 kB/s)',
    'Reading package lists...',
  ].join('\n');
  assert.deepEqual(parseUpdate(output), {
    'http://deb.debian.org/debian bookworm InRelease': null,
    'http://deb.debian.org/debian bookworm-updates InRelease': true,
    'http://example.org/apt stable InRelease': false,
    'http://example.org/apt stable Release': false,
  });
});

test('apt-cache policy is read, a package that is known but that nobody offers without a version', () => {
  const output = [
    'tree:',
    '  Installed: (none)',
    '  Candidate: 2.1.0-1',
    '  Version table:',
    '     2.1.0-1 500',
    '        500 http://deb.debian.org/debian bookworm/main amd64 Packages',
    'virtual:',
    '  Installed: (none)',
    '  Candidate: (none)',
    '  Version table:',
  ].join('\n');
  assert.deepEqual(
    [...parsePolicy(output)],
    [
      ['tree', '2.1.0-1'],
      ['virtual', ''],
    ],
  );
});

test('offers, upgrades and removable packages are read', () => {
  assert.deepEqual(
    [...parseOffers('Package: tree\nVersion: 2.1.0-1\nDepends: libc6\n\nPackage: tree\nVersion: 2.0-1\n')],
    [['tree', ['2.1.0-1', '2.0-1']]],
  );
  const simulated =
    'Inst bash [5.2.15-2+b8] (5.2.15-2+b13 Debian:12.11/stable [amd64])\nConf bash (5.2.15-2+b13 Debian:12.11/stable [amd64])\n';
  assert.deepEqual(parseUpgrades(simulated), { bash: '5.2.15-2+b13' });
  const removal =
    'Reading state information...\nThe following packages will be REMOVED:\n  libb liba\n  libc\n0 upgraded, 0 newly installed\n';
  assert.deepEqual(parseRemovable(removal), ['liba', 'libb', 'libc']);
  assert.deepEqual(parseRemovable('0 upgraded\n'), []);
});

test('changes tell old and new, and a problem prints them with the errors as Salt does', () => {
  const before = new Map([
    ['a', ['1']],
    ['b', ['1', '2']],
    ['c', ['1']],
  ]);
  const after = new Map([
    ['b', ['2']],
    ['c', ['1']],
    ['d', ['9']],
  ]);
  const changes = changesBetween(before, after);
  assert.deepEqual(changes, { a: { new: '', old: '1' }, b: { old: '1,2', new: '2' }, d: { old: '', new: '9' } });
  assert.equal(
    problem('Problem encountered installing package(s)', ['E: one\nmore'], { tree: { old: '', new: '2' } }).message,
    'Problem encountered installing package(s). Additional info follows:\n\nchanges:\n    ----------\n    tree:\n        ----------\n' +
      '        new:\n            2\n        old:\nerrors:\n    - E: one\n      more',
  );
});

test('wishes are met by the first version on offer that fits', () => {
  const offers = ['2.1.0-1', '2.0-1', '1.9'];
  assert.equal(firstFitting('>=2.0', offers, compareVersions), '2.1.0-1');
  assert.equal(firstFitting('<2.1', offers, compareVersions), '2.0-1');
  assert.equal(firstFitting('>=9', offers, compareVersions), undefined);
});

test('globs of package names take their other characters as they are', () => {
  assert.ok(nameFits('libstdc++*', 'libstdc++6'));
  assert.ok(!nameFits('a.b', 'axb'));
});

/** From Debian's policy and dpkg's own tests. */
const ORDER = [
  '1~~',
  '1~~a',
  '1~',
  '1',
  '1-0.1',
  '1+b1',
  '1.0~rc1-1',
  '1.0-1',
  '1.0-1+deb12u1',
  '1.0-2',
  '1.0.1',
  '1.9',
  '1.10',
  '1a',
  '2',
  '1:0.9',
];
test("versions sort in Debian's order", () => {
  const shuffled = [...ORDER].sort().reverse().sort(compareVersions);
  assert.equal(compareVersions('1.0', '1.0-0'), 0);
  assert.equal(compareVersions('1.01', '1.1'), 0);
  assert.ok(compareVersions('1.0~rc1', '1.0') < 0 && compareVersions('1:0', '2') > 0 && compareVersions('1.10', '1.9') > 0);
  for (const [index, version] of shuffled.entries()) {
    for (const later of shuffled.slice(index + 1)) assert.ok(compareVersions(version, later) <= 0, `${version} ${later}`);
  }
});

const dpkg = findProgram('dpkg', (process.env['PATH'] ?? '').split(':'));
test('any two versions compare as dpkg compares them', { skip: dpkg === undefined && 'no dpkg on this system' }, () => {
  const version = fc.stringMatching(/^([0-9]:)?[0-9][0-9a-b.~+]{0,5}(-[0-9a~.]{1,4})?$/);
  const asks = (one: string, sign: string, other: string): boolean => {
    try {
      execFileSync(dpkg ?? '', ['--compare-versions', one, sign, other], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(version, version, (one, other) => {
      const order = Math.sign(compareVersions(one, other));
      assert.ok(asks(one, order < 0 ? 'lt' : order > 0 ? 'gt' : 'eq', other), `${one} ${other}`);
    }),
  );
});
