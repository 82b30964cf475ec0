import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TargetSpec } from '../../kernel/targeting/target.ts';
import { mayPublish, mayRun, type Reach } from './peers.ts';

/** Three minions; `db1` holds the pillar value `role:db`, which a pattern finds and a literal does not. */
const reach: Reach = ({ kind, expression }) => {
  if (kind === 'pillar') return ['db1'];
  if (kind.endsWith('pillar_exact') && String(expression).includes(':d')) return [];
  return ['db1', 'web1', 'web2'].filter(
    (id) => expression === '*' || String(expression) === id || (expression === 'web*' && id.startsWith('web')),
  );
};
const on = (expression: string, kind = 'glob'): TargetSpec => ({ kind, expression });
const may = (rules: unknown, fun: string, args: readonly unknown[] = [], target = on('web*')): boolean =>
  mayPublish(rules, 'web1', [{ fun, args }], target, reach);

describe('peer', () => {
  it('without rules nobody publishes', () => {
    for (const rules of [{}, undefined, null, [], { 'db.*': ['.*'] }, { web1: 'test.ping' }]) assert.ok(!may(rules, 'test.ping'));
  });

  it('names of functions and minions are matched whole', () => {
    assert.ok(may({ 'web.*': ['test\\..*'] }, 'test.ping'));
    assert.ok(!may({ 'web.*': ['test'] }, 'test.ping'));
    assert.ok(!may({ web: ['.*'] }, 'test.ping'));
  });

  it('nobody publishes the publishing itself', () => {
    assert.ok(!may({ '.*': ['.*'] }, 'publish.publish'));
  });

  it('each function of several needs a rule', () => {
    const calls = [
      { fun: 'test.ping', args: [] },
      { fun: 'cmd.run', args: ['id'] },
    ];
    assert.ok(!mayPublish({ '.*': ['test\\..*'] }, 'web1', calls, on('*'), reach));
    assert.ok(mayPublish({ '.*': ['test\\..*', 'cmd\\.run'] }, 'web1', calls, on('*'), reach));
  });

  it('a rule may be bound to a target, beyond which it does not reach', () => {
    const rules = { '.*': [{ 'web*': ['test\\..*'] }] };
    assert.ok(may(rules, 'test.ping'));
    assert.ok(!may(rules, 'cmd.run'));
    assert.ok(!may(rules, 'test.ping', [], on('*')));
  });

  it('a rule may be bound to arguments', () => {
    const rules = { '.*': [{ '*': [{ 'cmd\\.run': [{ args: ['uptime'], kwargs: { cwd: '/srv(/.*)?' } }, { args: ['id', null] }] }] }] };
    const at = (cwd: string) => ({ __kwarg__: true, cwd });
    assert.ok(may(rules, 'cmd.run', ['uptime', at('/srv/x')]));
    assert.ok(!may(rules, 'cmd.run', ['uptime', at('/root')]));
    assert.ok(!may(rules, 'cmd.run', ['uptime']));
    assert.ok(!may(rules, 'cmd.run', ['uptime; id', at('/srv')]));
    assert.ok(may(rules, 'cmd.run', ['id', 5]));
    assert.ok(!may(rules, 'cmd.run', ['id']));
  });

  it('pillar of others cannot be found out by patterns', () => {
    assert.ok(!may({ '.*': ['.*'] }, 'test.ping', [], on('role:d*', 'pillar')));
  });
});

it('peer_run takes names only', () => {
  assert.ok(mayRun({ 'web.*': ['manage\\.up'] }, 'web1', 'manage.up'));
  assert.ok(!mayRun({ 'web.*': ['manage\\.up'] }, 'web1', 'manage.update'));
  assert.ok(!mayRun({ 'web.*': [{ '*': ['manage.up'] }] }, 'web1', 'manage.up'));
  assert.ok(!mayRun({}, 'web1', 'manage.up'));
});
