import assert from 'node:assert/strict';
import { it } from 'node:test';
import { mayFire } from './event-tags.ts';

const may = (tag: string, globs: readonly string[] = ['*']): boolean => mayFire(() => globs, 'web1', tag);

it('a minion fires events of its own namespace and of its users', () => {
  for (const tag of [
    'minion_start',
    'salt/minion/web1/start',
    'salt/beacon/web1/load/',
    'salt/job/20261124010203456789/prog/web1/0',
    'salt/job/20261124010203456789/start/web1',
    'minion/refresh/web1',
    'myco/deploy/done',
    '_salt_error',
  ]) {
    assert.ok(may(tag), tag);
  }
});

it('tags of the master are refused, also when the option names them', () => {
  for (const tag of [
    'salt/job/20261124010203456789/ret/web1',
    'salt/job/20261124010203456789/ret/web2',
    'salt/job/20261124010203456789/new',
    'salt/job/20261124010203456789/publish',
    'salt/key',
    'salt/auth',
    'salt/presence/present',
    'salt/run/20261124010203456789/ret',
    'salt/wheel/20261124010203456789/new',
    'salt/cloud/x/created',
    'tsalt/enrol/web1',
    'tsalt/metrics/web1',
    'key',
    '20261124010203456789',
  ]) {
    assert.ok(!may(tag), tag);
    assert.ok(!may(tag, ['*', tag, 'salt/*']), `${tag}, named by the option`);
  }
});

it('a tag that names another minion is refused', () => {
  for (const tag of [
    'salt/minion/web2/start',
    'salt/beacon/web2/load/',
    'minion/refresh/web2',
    'resource/refresh/web2',
    'salt/job/20261124010203456789/prog/web2/0',
    'salt/minion/web1x/start',
  ]) {
    assert.ok(!may(tag, ['*', 'salt/*', 'minion/*']), tag);
  }
});

it('other tags below salt/ need an entry of their own, which a star is not', () => {
  assert.ok(!may('salt/fileserver/gitfs/update'));
  assert.ok(may('salt/fileserver/gitfs/update', ['salt/fileserver/*']));
});

it('an operator can confine the tags of users', () => {
  assert.ok(may('myco/deploy', ['myco/*']));
  assert.ok(!may('other/deploy', ['myco/*']));
  assert.ok(!may('myco/deploy', []));
  assert.ok(may('salt/minion/web1/start', []));
});
