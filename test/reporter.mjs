// Failures in full, skips by name, and a closing count: what a reader of a long log looks for.
export default async function* report(source) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const failures = [];
  for await (const { type, data } of source) {
    if (type === 'test:stderr' || type === 'test:stdout') continue;
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
}
