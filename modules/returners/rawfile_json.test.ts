import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { aResult, returnerContract, returnersOf } from '../../test/contracts/returner.ts';
import { float } from '../define.ts';
import rawfile from './rawfile_json.ts';

interface Line {
  readonly id: string;
  readonly return: unknown;
}
const linesOf = (file: string): Line[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Line)
    : [];

async function house() {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-returner-'));
  const file = join(dir, 'deep/er/file');
  return {
    returner: rawfile,
    config: { 'rawfile_json.filename': file },
    received: async () => new Map(linesOf(file).map((line) => [line.id, line.return])),
    [Symbol.asyncDispose]: async () => rmSync(dir, { recursive: true }),
  };
}

returnerContract('rawfile_json', house);

it('rawfile_json writes the lines that Python writes', async () => {
  await using place = await house();
  const { returners } = returnersOf(place);
  returners.hand(['rawfile_json'], aResult('a', [float(1), 2, NaN, true, null, 'ü', 10n ** 18n], { jid: 'J', fun: 'x.y' }));
  returners.events(['rawfile_json'], [{ at: new Date(), what: { tag: 'a/b', data: { c: 1 } } }]);
  await returners.settle(10_000);
  await returners.close();
  const lines = readFileSync(place.config['rawfile_json.filename'], 'utf8').split('\n').sort();
  assert.deepEqual(lines, [
    '',
    '{"data": {"c": 1}, "tag": "a/b"}',
    '{"id": "a", "jid": "J", "fun": "x.y", "fun_args": [], "success": true, "retcode": 0, "return": [1.0, 2, NaN, true, null, "ü", 1000000000000000000]}',
  ]);
});
