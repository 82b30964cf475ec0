// The files in which a test failed, one a line: what test/run.mjs runs once more.
export default async function* report(source) {
  for await (const { type, data } of source) if (type === 'test:fail' && data?.file) yield `${data.file}\n`;
}
