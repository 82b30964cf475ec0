import { formatText } from '../../kernel/render/python/format.ts';
import { fromPlain } from '../../kernel/render/python/plain.ts';
import { PythonError } from '../../kernel/render/python/value.ts';
import type { Palette } from './colors.ts';
import type { Chunk } from './highstate-chunk.ts';
import type { StateOptions } from './outputter.ts';
import { str } from './python.ts';
import { filled } from './textwrap.ts';
import { entriesOf, has, isMapping, strip, truthy, Unprintable } from './values.ts';

/** The block of one state up to its changes. */
export function fullLines(chunk: Chunk, names: readonly string[], color: string, state: StateOptions, colors: Palette): string[] {
  const [kind = '', id = '', name = '', fun] = names;
  if (fun === undefined) throw new Unprintable(`${names.join('_|-')} is not the key of a state result`);
  const fields: [string, string][] = [
    ['      ID', id],
    ['Function', `${kind}.${fun}`],
    ...(id === name ? [] : ([['    Name', name]] as [string, string][])),
    ['  Result', str(chunk.result)],
    [' Comment', commentOf(chunk)],
  ];
  if (state.profile !== false && chunk.startTime !== undefined) {
    const duration = chunk.duration === undefined || chunk.duration === '' ? '' : `${str(chunk.duration)} ms`;
    fields.push([' Started', str(chunk.startTime)], ['Duration', duration]);
  }
  return [`${color}----------${colors.ENDC}`, ...fields.map(([label, value]) => `    ${color}${label}: ${value}${colors.ENDC}`)];
}

const BELOW_LABEL = `\n${' '.repeat(14)}`;

function commentOf(chunk: Chunk): string {
  if (!has(chunk.raw, 'comment')) throw new Unprintable('a state result has no comment');
  const comment = strip(str(chunk.comment)).replaceAll('\n', BELOW_LABEL);
  if (chunk.data === undefined) return comment;
  if (Array.isArray(chunk.data)) return chunk.data.reduce<string>((text, item) => `${text} ${str(item)}`, comment);
  if (!isMapping(chunk.data)) return `${comment} ${str(chunk.data)}`;
  return entriesOf(chunk.data).reduce((text, [key, value]) => `${text}\n\t\t${str(key)}: ${str(value)}`, comment);
}

/** Warnings wrapped at 80 columns, below the label. */
export function warningLines(warnings: readonly string[], colors: Palette): string {
  const text = filled(warnings.join('\n'), 80, ' '.repeat(14)).trimStart();
  return `   ${colors.LIGHT_RED} Warnings: ${text}${colors.ENDC}`;
}

const OUTCOME = (chunk: Chunk): string => {
  if (chunk.result === false) return 'Failed';
  if (chunk.result === null) return 'Differs';
  return truthy(chunk.changes) ? 'Changed' : 'Clean';
};

/** One state on one line; `state_tabular` aligns it in columns, or is a format of the user's own. */
export function terseLine(chunk: Chunk, names: readonly string[], color: string, state: StateOptions, colors: Palette): string {
  const fun = names.at(-1) ?? '';
  const profiled = state.profile !== false && chunk.startTime !== undefined;
  if (profiled && typeof state.tabular !== 'string' && chunk.duration === undefined) throw new Unprintable('a state took no time');
  const duration = str(chunk.duration);
  const warnings = chunk.warnings === undefined ? '' : `${colors.LIGHT_RED}Warnings:\n${chunk.warnings.join('\n')}${colors.ENDC}`;
  if (typeof state.tabular === 'string') {
    return formatted(state.tabular, [color, names[2] ?? '', names[0] ?? '', fun, OUTCOME(chunk), colors.ENDC, chunk.raw]);
  }
  if (state.tabular === true) {
    const time = profiled ? `${str(chunk.startTime)} [${duration.padStart(7)} ms] ` : '';
    const what = `${(names[0] ?? '').padStart(10)}.${fun.padEnd(10)} ${OUTCOME(chunk).padEnd(7)}`;
    return `${warnings === '' ? '' : `${warnings}\n`}${color}${time}${what}   Name: ${names[2] ?? ''}${colors.ENDC}`;
  }
  const time = profiled ? ` - Started: ${str(chunk.startTime)} - Duration: ${duration} ms` : '';
  return `${warnings} ${color} Name: ${names[2] ?? ''} - Function: ${names[0] ?? ''}.${fun} - Result: ${OUTCOME(chunk)}${time}${colors.ENDC}`;
}

/** A `state_tabular` of the user's own, in the language of Python's `str.format`. @throws Unprintable where it cannot be done */
function formatted(format: string, values: readonly unknown[]): string {
  try {
    return formatText(format, values.map(fromPlain), new Map());
  } catch (error) {
    if (error instanceof PythonError) throw new Unprintable(`state_tabular: ${error.message}`);
    throw error;
  }
}
