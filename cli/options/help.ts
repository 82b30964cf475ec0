import type { OptionGroup, OptionSpec, ToolSpec } from './option.ts';

const WIDTH = 78;
/** Help texts start here; an option that reaches further gets a line of its own. */
const COLUMN = 24;

export const usageLine = (tool: ToolSpec): string => `Usage: ${tool.prog} ${tool.usage}\n`;

/** The help of a tool, laid out as Salt's users know it. */
export function helpText(tool: ToolSpec): string {
  const sections = tool.groups.map((group, index) => (index === 0 ? `Options:\n${optionLines(group, 2)}` : groupText(group)));
  return `${usageLine(tool)}\n${wrapped(tool.about, 0)}\n\n${sections.join('\n')}`;
}

const groupText = (group: OptionGroup): string =>
  `  ${group.title}:\n${group.about === undefined ? '' : `${wrapped(group.about, 4)}\n\n`}${optionLines(group, 4)}`;

const optionLines = (group: OptionGroup, indent: number): string => group.options.map((option) => optionText(option, indent)).join('');

function optionText(option: OptionSpec, indent: number): string {
  const head = ' '.repeat(indent) + option.flags.map((flag) => named(flag, option)).join(', ');
  const help = wrapped(option.help, COLUMN);
  if (head.length > COLUMN - 2) return `${head}\n${help}\n`;
  return `${head.padEnd(COLUMN)}${help.trimStart()}\n`;
}

function named(flag: string, option: OptionSpec): string {
  if (option.kind === 'flag') return flag;
  const value = metavarOf(option);
  return flag.startsWith('--') ? `${flag}=${value}` : `${flag} ${value}`;
}

export function metavarOf(option: OptionSpec): string {
  const long = option.flags.find((flag) => flag.startsWith('--')) ?? option.name;
  return option.metavar ?? long.replace(/^--/, '').replaceAll('-', '_').toUpperCase();
}

function wrapped(text: string, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((each) => ' '.repeat(indent) + each).join('\n');
}
