import { json } from './json.ts';
import { key } from './key.ts';
import type { OutputterName } from './names.ts';
import { nested } from './nested.ts';
import { noReturn } from './no-return.ts';
import type { Occasion, OutputOptions, Outputter } from './outputter.ts';
import { quiet } from './quiet.ts';
import { raw } from './raw.ts';
import { stripEnd, Unprintable } from './values.ts';

/** Every outputter by its name; the larger ones are loaded when they are first asked for. */
const OUTPUTTERS: Readonly<Record<OutputterName, () => Outputter | Promise<Outputter>>> = {
  highstate: async () => (await import('./highstate.ts')).highstate,
  json: () => json,
  key: () => key,
  nested: () => nested,
  newline_values_only: async () => (await import('./newline-values-only.ts')).newlineValuesOnly,
  no_return: () => noReturn,
  pprint: async () => (await import('./pprint.ts')).pprint,
  quiet: () => quiet,
  raw: () => raw,
  table: async () => (await import('./table.ts')).table,
  txt: async () => (await import('./txt.ts')).txt,
  yaml: async () => (await import('./yaml.ts')).yaml,
};

const isKnown = (name: string): name is OutputterName => Object.hasOwn(OUTPUTTERS, name);

/** A text to print, and a complaint for the log when the outputter asked for is unknown. */
export interface Rendered {
  readonly text: string;
  readonly complaint?: string;
}

/**
 * The text of a value. `out` is what the function asked for; the user's `--out` wins over it.
 * A value the outputter cannot print is shown as nested, and failing that raw.
 */
export async function render(data: unknown, out: string | undefined, options: OutputOptions, occasion: Occasion = {}): Promise<Rendered> {
  const name = chosen(out, options);
  const known = isKnown(name);
  const outputter = known ? await OUTPUTTERS[name]() : undefined;
  const text = attempt([outputter ?? nested, nested, raw], data, options, occasion);
  const complain = !known && name !== 'grains';
  return complain ? { text, complaint: `Invalid outputter ${name} specified, fall back to nested` } : { text };
}

function attempt(outputters: readonly Outputter[], data: unknown, options: OutputOptions, occasion: Occasion): string {
  for (const outputter of outputters) {
    try {
      return stripEnd(outputter(data, options, occasion));
    } catch (error) {
      if (!(error instanceof Unprintable)) throw error;
    }
  }
  return '';
}

/** `--out=highstate` only says what is the default for state functions anyway. */
function chosen(asked: string | undefined, options: OutputOptions): string {
  let out = asked ?? '';
  if (options.output !== undefined && options.output !== 'highstate') out = options.output;
  if (out === '' && options.static === true) out = options.output ?? (options.fun?.split('.')[0] === 'state' ? 'highstate' : '');
  if (out === 'text') return 'txt';
  return out === '' ? 'nested' : out;
}
