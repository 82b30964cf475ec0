// What failed, one suite or test of the outermost level a line, behind its file: what test/run.mjs runs once more.
export default async function* report(source) {
  for await (const { type, data } of source)
    if (type === 'test:fail' && data?.file && data.nesting === 0) yield `${data.file}\t${data.name}\n`;
}
