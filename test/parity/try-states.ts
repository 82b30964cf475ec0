// `node --import tsx test/parity/try-states.ts user cron`: runs the cases of these state modules and prints what is not the same.
import { inspect } from 'node:util';
import { realSalt } from '../support/salt.ts';
import { isApart, tryApart } from './namespace.ts';
import { Sides } from './sides.ts';
import { bothStates, stateFiles } from './states.ts';

const salt = realSalt();
if (salt === undefined) throw new Error('the real Salt is needed to compare with');
const sides = new Sides(salt);
let [same, other] = [0, 0];
for (const file of stateFiles(process.argv.slice(2))) {
  if (file.namespace && !isApart()) {
    const apart = tryApart([file.name], 'try-states.ts');
    console.log(`${file.name}, in a network of its own: ${apart.printed}`);
    if (!apart.ok) other += 1;
    continue;
  }
  await sides.begin(file);
  for (const one of file.cases) {
    const { real, ours } = await bothStates(sides, one);
    for (const step of Object.keys(real)) {
      const differences = compare(real[step], ours[step], '');
      if (differences.length === 0 || one.differs !== undefined) same += 1;
      else {
        other += 1;
        console.log(`${one.state} ${JSON.stringify(one.args)}, ${step}\n${differences.join('\n')}`);
      }
    }
  }
  await sides.end(file);
}
console.log(`${same} as expected, ${other} not`);
await sides.close();
process.exitCode = other === 0 ? 0 : 1;

/** What is not the same, a line for each side and place. */
function compare(real: unknown, ours: unknown, path: string): string[] {
  if (isMap(real) && isMap(ours)) {
    const keys = new Set([...Object.keys(real), ...Object.keys(ours)]);
    return [...keys].flatMap((key) => compare(real[key], ours[key], path === '' ? key : `${path} › ${key}`));
  }
  const [a, b] = [real, ours].map((value) => inspect(value, { depth: 9, breakLength: 140, maxStringLength: 2000, maxArrayLength: 40 }));
  return a === b ? [] : [`  ${path}`, `    real ${a}`, `    ours ${b}`];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
