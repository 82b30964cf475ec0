import type { Option, OptionTable } from './option.ts';

/** The reference page of a daemon's options, in Markdown, made of its table. */
export function referencePage(role: 'master' | 'minion', table: OptionTable): string {
  return `# Options of the ${role}

Written in YAML in \`${role}\` in the configuration directory (\`/etc/salt\`, or that of \`-c\`) and in \`${role}.d/*.conf\` beside it.
This page is made from \`${role}/options.ts\`; change it there and run \`node --import tsx test/docs/reference.ts\`.

Options marked **ours** are unknown to Salt; all others have the name and the default they have in Salt.
Paths are put below \`root_dir\`. A key without a value means the default.

${optionTable(table)}`;
}

/** The options as a table in Markdown, by name. */
export const optionTable = (table: OptionTable): string =>
  [
    '| option | type | default | what it is for |',
    '|---|---|---|---|',
    ...Object.keys(table)
      .sort()
      .map((name) => row(name, table[name])),
    '',
  ].join('\n');

function row(name: string, option: Option<unknown> | undefined): string {
  if (option === undefined) return '';
  const marks = `${option.salt ? '' : ' **ours**'}${option.secret ? ' **secret**' : ''}`;
  return `| \`${name}\`${marks} | ${typeText(option)} | ${defaultText(option.default)} | ${escapeCell(option.doc)} |`;
}

function typeText({ type, choices, least, most }: Option<unknown>): string {
  if (choices !== undefined) return escapeCell(choices.map((choice) => (choice === '' ? 'empty' : `\`${choice}\``)).join(', '));
  if (type === 'roots') return 'map of lists';
  if (type === 'any') return 'any';
  const range = most === undefined ? (least === undefined ? '' : `, at least ${least}`) : `, ${least ?? ''} to ${most}`;
  return `${type}${range}`;
}

function defaultText(value: unknown): string {
  if (value === null) return 'unset';
  if (value === '') return 'empty';
  if (typeof value === 'boolean') return value ? '`True`' : '`False`';
  return `\`${escapeCell(typeof value === 'string' ? value : JSON.stringify(value))}\``;
}

const escapeCell = (text: string): string => text.replaceAll('|', '\\|');
