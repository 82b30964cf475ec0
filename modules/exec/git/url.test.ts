import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFetch } from './remotes.ts';
import { remoteOf } from './url.ts';
import { redacted } from './words.ts';

test('user and password of a URL go to git by its environment, never by its command line', () => {
  const { url, full, env } = remoteOf('https://example.org/x.git', 'u', 'secret');
  assert.deepEqual([url, full], ['https://example.org/x.git', 'https://u:secret@example.org/x.git']);
  assert.deepEqual(env, {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'url.https://u:secret@example.org/x.git.insteadOf',
    GIT_CONFIG_VALUE_0: 'https://example.org/x.git',
  });
  assert.equal(remoteOf('https://u:secret@example.org/x.git', undefined, undefined).url, 'https://example.org/x.git');
  assert.deepEqual(remoteOf('git@example.org:x.git', undefined, undefined).env, {});
  assert.throws(() => remoteOf('http://example.org/x', 'u', 'p'), { name: 'SaltInvocationError' });
  assert.equal(redacted('fatal: https://u:secret@example.org/x not found'), 'fatal: https://<redacted>@example.org/x not found');
});

test('what a fetch brought is told by kind', () => {
  const output = [
    'From /srv/origin',
    '   1a2b3c4..5d6e7f8  main       -> origin/main',
    ' * [new branch]      side       -> origin/side',
    ' * [new tag]         v2         -> v2',
    ' t [tag update]      v1         -> v1',
  ].join('\n');
  assert.deepEqual(parseFetch(output), {
    'updated branches': { main: { old: '1a2b3c4', new: '5d6e7f8' } },
    'new branches': ['side'],
    'new tags': ['v2'],
  });
});
