import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { realSalt } from '../support/salt.ts';
import { caseFiles } from './cases.ts';
import { askedTwice, comparable, isSame } from './compare.ts';
import { noNamespace, tryApart } from './namespace.ts';
import { Sides } from './sides.ts';
import { missing } from './skip.ts';

const salt = realSalt();
/** `TSALT_PARITY=at,x509`: these modules alone. */
const wanted = (process.env['TSALT_PARITY'] ?? '').split(',').filter((name) => name !== '');
for (const file of caseFiles(wanted)) {
  if (file.namespace) {
    test(`${file.name} answers as the real Salt does, in a network of its own`, { skip: missing(file, salt) || noNamespace() }, () => {
      const { ok, printed } = tryApart([file.name]);
      assert.ok(ok, printed);
    });
    continue;
  }
  describe(`${file.name} answers as the real Salt does on this machine`, { skip: missing(file, salt) }, () => {
    // Processes of its own: what earlier calls loaded, or found missing, stays known to them.
    const sides = new Sides(salt ?? '');
    before(() => sides.begin(file));
    after(async () => {
      await sides.end(file);
      await sides.close();
    });
    file.cases.forEach((one, index) => {
      test(`${one.fun} ${JSON.stringify(one.args)} ${JSON.stringify(one.kwargs)} (${index})`, async () => {
        const { real, ours } = await askedTwice(
          () => sides.both(one),
          ({ real, ours }) => isSame(one, real, ours) === (one.differs === undefined),
        );
        if (one.differs === undefined) assert.deepEqual(comparable(one, ours), comparable(one, real));
        else assert.ok(!isSame(one, real, ours), `it is the same now, though it is said to differ: ${one.differs}`);
      });
    });
  });
}
