import { compareText, entriesOf, isMapping, truthy } from '../output/values.ts';
import type { Printer } from '../printer.ts';

/** Prints what `sys.doc` returned, each function once, however many minions have it. */
export async function showDocs(returns: ReadonlyMap<string, unknown>, printer: Printer): Promise<void> {
  const docs = new Map<string, unknown>();
  for (const [minion, value] of returns) {
    if (!isMapping(value)) printer.warn(`${minion}: ${String(value)}`);
    for (const [fun, doc] of entriesOf(value)) if (truthy(doc) && !docs.has(String(fun))) docs.set(String(fun), doc);
  }
  for (const fun of [...docs.keys()].sort(compareText)) {
    if (printer.options.output !== undefined) await printer.show({ [fun]: docs.get(fun) }, 'nested');
    else printer.say(`${fun}:\n${String(docs.get(fun))}\n`);
  }
}
