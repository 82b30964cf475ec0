import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { TsaltError } from '../protocol/errors.ts';
import { capture, fakeMaster } from './fake-master.ts';
import { sample } from './sample.ts';
import { main } from './tsalt-key.ts';

const dir = mkdtempSync(join(tmpdir(), 'tsalt-key-'));
after(() => rmSync(dir, { recursive: true }));
writeFileSync(join(dir, 'master'), `root_dir: ${dir}\npki_dir: pki\n`);

type Lists = Readonly<Record<string, readonly string[]>>;

/** Key lists as a master answers with; matching is by equality or `*`, which is all these tests need. */
function keys(lists: Lists) {
  return (fun: string, kwargs: Readonly<Record<string, unknown>>): unknown => {
    const matching = (match: unknown): Lists =>
      Object.fromEntries(
        Object.entries(lists)
          .map(([state, ids]) => [state, ids.filter((id) => match === '*' || id === match)] as const)
          .filter(([state, ids]) => ids.length > 0 && state !== 'local'),
      );
    switch (fun) {
      case 'key.list_all':
      case 'key.list':
        return lists;
      case 'key.glob_match':
        return matching(kwargs['match']);
      case 'key.token':
        return { token: 't', line: 'tsalt-minion --join m --token t', expires: 'soon' };
      case 'key.finger_all':
        return FINGERS;
      default:
        return {};
    }
  };
}

const FINGERS = {
  local: {
    'vm.pem': '78:4b:d7:1d:13:f5:72:a0:df:de:f1:b2:19:09:db:e1:91:10:09:d7:14:eb:6c:e9:39:1a:99:42:75:b9:9e:61',
    'vm.pub': '3c:39:a1:db:7c:d3:0b:54:83:45:3b:04:3e:b2:aa:bf:4f:e7:b9:56:2b:ad:16:1a:29:f0:36:ca:90:75:7d:62',
  },
  minions: { web1: '20:2e:1c:35:6d:d2:d7:ab:da:2f:66:3f:03:96:31:4c:27:cc:f0:d8:ef:72:75:fd:a6:d6:60:8f:b9:71:60:17' },
  minions_pre: { web2: 'e7:21:fa:73:e4:e6:75:cb:ca:1c:d9:85:ac:5e:46:20:45:02:b4:9f:eb:31:81:8c:f4:43:af:9d:d0:37:be:e7' },
};

const lists = (accepted: string[], pending: string[]): Lists => ({
  minions_pre: pending,
  minions_rejected: [],
  minions: accepted,
  minions_denied: [],
  local: ['vm.pem'],
});

async function key(argv: readonly string[], held: Lists, stdin = '') {
  const { io, out, err } = capture(stdin);
  const master = fakeMaster({ wheel: keys(held) });
  const code = await main(['-c', dir, ...argv], io, master.connect);
  return { code, stdout: out(), stderr: err(), asked: master.asked };
}

describe('what Salt printed is what is printed here', () => {
  const held: Readonly<Record<string, Lists>> = {
    'key-01-L-unaccepted': lists([], ['web1', 'web2']),
    'key-02-L-json': lists([], ['web1', 'web2']),
    'key-03-accept': lists([], ['web1', 'web2']),
    'key-04-accept-nomatch': lists(['web1'], ['web2']),
    'key-05-finger-all': lists(['web1'], ['web2']),
    'key-06-accept-all': lists(['web1'], ['web2']),
    'key-07-L-accepted': lists(['web1', 'web2'], []),
  };
  for (const [name, given] of Object.entries(held)) {
    it(name, async () => {
      const from = sample(name);
      const got = await key(from.argv, given);
      assert.deepEqual([got.stdout, got.stderr, got.code], [from.stdout, from.stderr, from.code]);
    });
  }
});

describe('changing keys', () => {
  it('asks first, and takes an empty answer for yes when accepting', async () => {
    const got = await key(['-a', 'new'], lists([], ['new']), '\n');
    assert.match(got.stdout, /Proceed\? \[n\/Y\] Key for minion new accepted\.\n$/);
    const [fun, kwargs] = got.asked[1] as [string, { match: unknown }];
    assert.equal(fun, 'key.accept_dict');
    assert.equal(JSON.stringify(kwargs), '{"match":{"minions_pre":["new"]},"include_rejected":false,"include_denied":false}');
  });
  it('takes an empty answer for no when deleting', async () => {
    const got = await key(['-d', 'old'], lists(['old'], []), '\n');
    assert.match(got.stdout, /deleted:\nAccepted Keys:\nold\nProceed\? \[N\/y\] $/);
    assert.equal(got.asked.length, 1);
  });
  it('does nothing when the input ends without an answer', async () => {
    assert.equal((await key(['-a', 'new'], lists([], ['new']))).asked.length, 1);
  });
  it('leaves keys of other states alone unless they are included', async () => {
    const got = await key(['-y', '-r', 'old'], lists(['old'], []));
    assert.equal(got.stdout, "The key glob 'old' does not match any unaccepted keys.\n");
    const included = await key(['-y', '-r', 'old', '--include-accepted'], lists(['old'], []));
    assert.match(included.stdout, /Key for minion old rejected\.\n$/);
  });
  it('names the included states when nothing matches', async () => {
    const got = await key(['-a', 'x', '--include-all', '--include-denied'], lists([], []));
    assert.equal(got.stdout, "The key glob 'x' does not match any unaccepted, rejected or denied keys.\n");
  });
  it('prints nothing with --quiet', async () => {
    assert.equal((await key(['-q', '-y', '-A'], lists([], ['new']))).stdout, '');
  });
});

it('a token is one line to paste', async () => {
  const got = await key(['--token', '--for', 'web*', '--ttl', '60'], lists([], []));
  assert.equal(got.stdout, 'tsalt-minion --join m --token t\n');
  assert.deepEqual(got.asked, [['key.token', { for: 'web*', ttl: 60 }]]);
});

it('an unknown list is refused', async () => {
  const got = await key(['-l', 'nosuch'], lists([], []));
  assert.equal(got.stderr, "Usage: tsalt-key [options]\n\ntsalt-key: error: 'nosuch' is not a valid argument to '--list'\n");
  assert.equal(got.code, 64);
});

it('a key pair is made, and kept when made again', async () => {
  const argv = ['--gen-keys=web9', `--gen-keys-dir=${join(dir, 'made')}`];
  const first = await key(argv, lists([], []));
  assert.match(first.stdout, /^return:\n {4}[0-9a-f]{2}(?::[0-9a-f]{2}){31}\n$/);
  assert.equal(statSync(join(dir, 'made', 'web9.pem')).mode & 0o777, 0o400);
  assert.ok(existsSync(join(dir, 'made', 'web9.pub')));
  assert.equal((await key(argv, lists([], []))).stdout, first.stdout);
});

it('keys are listed from the files when no master runs', async () => {
  const { io, out } = capture();
  const away = async (): Promise<never> => {
    throw new TsaltError('master-unreachable', 'away');
  };
  assert.equal(await main(['-c', dir, '-L'], io, away), 0);
  assert.equal(out(), 'Accepted Keys:\nDenied Keys:\nUnaccepted Keys:\nRejected Keys:\n');
});
