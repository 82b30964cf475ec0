// Failures in full, skips by name, a closing count, and what took longest: what a reader of a long log looks for.
const SLOWEST = 12;

export default async function* report(source) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const failures = [];
  const seconds = new Map();
  for await (const { type, data } of source) {
    if (type === 'test:stderr' || type === 'test:stdout') continue;
    if (type === 'test:pass' || type === 'test:fail') addTime(seconds, data);
    const leaf = data?.details?.type !== 'suite';
    if (type === 'test:pass' && leaf) {
      if (data.skip !== undefined) {
        count.skipped += 1;
        yield `\nSKIPPED ${data.name}: ${data.skip === true ? 'no reason given' : data.skip}\n`;
      } else count.passed += 1;
    }
    if (type === 'test:fail' && leaf) {
      count.failed += 1;
      const cause = data.details?.error?.cause ?? data.details?.error;
      failures.push(`FAILED ${data.file ?? ''} › ${data.name}\n${cause?.stack ?? cause?.message ?? String(cause)}`);
    }
  }
  yield `\n${failures.join('\n\n')}\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`;
  yield `Slowest:\n${slowest(seconds)}\n`;
}

/** Suites count by file, or by themselves where one file holds many of them. */
function addTime(seconds, { nesting, file, name, details }) {
  if (nesting !== 0 || file === undefined) return;
  const of = file.endsWith('parity.test.ts') ? name : file.slice(file.lastIndexOf('/', file.lastIndexOf('/') - 1) + 1);
  seconds.set(of, (seconds.get(of) ?? 0) + details.duration_ms / 1000);
}

const slowest = (seconds) =>
  [...seconds]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SLOWEST)
    .map(([name, taken]) => `  ${taken.toFixed(1).padStart(6)} s  ${name}`)
    .join('\n');
