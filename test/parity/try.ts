// `node --import tsx test/parity/try.ts user group`: runs the cases of these modules and prints what is not the same.
import { inspect } from 'node:util';
import { debianPackages } from '../support/debian.ts';
import { realSalt } from '../support/salt.ts';
import { caseFiles } from './cases.ts';
import { askedTwice, comparable, isSame } from './compare.ts';
import { isApart, tryApart } from './namespace.ts';
import { Sides } from './sides.ts';

const salt = realSalt();
if (salt === undefined) throw new Error('the real Salt is needed to compare with');
const sides = new Sides(salt);
let [same, other] = [0, 0];
for (const file of caseFiles(process.argv.slice(2))) {
  if (file.packages.length > 0) debianPackages(...file.packages);
  if (file.namespace && !isApart()) {
    const apart = tryApart([file.name]);
    console.log(`${file.name}, in a network of its own: ${apart.printed}`);
    if (!apart.ok) other += 1;
    continue;
  }
  await sides.begin(file);
  for (const one of file.cases) {
    const { real, ours } = await askedTwice(
      () => sides.both(one),
      ({ real, ours }) => isSame(one, real, ours) === (one.differs === undefined),
    );
    const as = isSame(one, real, ours);
    if (as === (one.differs === undefined)) same += 1;
    else {
      other += 1;
      const show = (value: unknown): string => inspect(value, { depth: 9, breakLength: 140, maxStringLength: 2000, maxArrayLength: 40 });
      const why = as ? `\n  is the same, but said to differ: ${one.differs}` : '';
      console.log(`${one.fun} ${JSON.stringify(one.args)} ${JSON.stringify(one.kwargs)}${why}`);
      console.log(
        `  real ${show(comparable(one, real))}\n  ours ${show(comparable(one, ours))}${ours.error === 'exception' ? `\n${ours.text}` : ''}`,
      );
    }
  }
  await sides.end(file);
}
console.log(`${same} as expected, ${other} not`);
await sides.close();
process.exitCode = other === 0 ? 0 : 1;
