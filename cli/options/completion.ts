import { type OptionSpec, optionsOf, type ToolSpec } from './option.ts';
import { UsageError } from './parse.ts';

/** A completion script for one tool, made of its table of options. @throws UsageError for a shell it has none for */
export function completionScript(tool: ToolSpec, shell: string): string {
  const writers: Readonly<Record<string, (tool: ToolSpec) => string>> = { bash, zsh, fish };
  const write = Object.hasOwn(writers, shell) ? writers[shell] : undefined;
  if (write === undefined) throw new UsageError(`no completion for '${shell}'; there is one for bash, zsh and fish`);
  return write(tool);
}

const functionName = (tool: ToolSpec): string => `_${tool.prog.replaceAll('-', '_')}`;
const withChoices = (tool: ToolSpec): OptionSpec[] => optionsOf(tool).filter((option) => option.choices !== undefined);
const takesPath = (option: OptionSpec): boolean => /(?:_dir|_file|_root|dirs)$/.test(option.name);

function bash(tool: ToolSpec): string {
  const name = functionName(tool);
  const flags = optionsOf(tool).flatMap((option) => option.flags);
  const cases = withChoices(tool).map((option) => `    ${option.flags.join('|')}) words="${(option.choices ?? []).join(' ')}" ;;`);
  const paths = optionsOf(tool)
    .filter(takesPath)
    .flatMap((option) => option.flags);
  return [
    `${name}() {`,
    `  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""`,
    `  [ "$before" = "=" ] && before="\${COMP_WORDS[COMP_CWORD-2]}"`,
    `  [ "$current" = "=" ] && { before="\${COMP_WORDS[COMP_CWORD-1]}"; current=""; }`,
    '  case "$before" in',
    ...cases,
    ...(paths.length > 0 ? [`    ${paths.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;`] : []),
    `    *) words="${flags.join(' ')}" ;;`,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    `complete -o default -F ${name} ${tool.prog}`,
    '',
  ].join('\n');
}

const zshText = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&').replaceAll("'", "'\\''");

function zsh(tool: ToolSpec): string {
  const lines = optionsOf(tool).flatMap((option) => option.flags.map((flag) => `    '${zshOption(option, flag)}' \\`));
  return [
    `#compdef ${tool.prog}`,
    `${functionName(tool)}() {`,
    '  _arguments \\',
    ...lines,
    "    '*:word:_default'",
    '}',
    `compdef ${functionName(tool)} ${tool.prog}`,
    '',
  ].join('\n');
}

function zshOption(option: OptionSpec, flag: string): string {
  const help = `[${zshText(option.help)}]`;
  if (option.kind === 'flag') return `${flag}${help}`;
  const values = option.choices === undefined ? (takesPath(option) ? '_files' : ' ') : `(${option.choices.join(' ')})`;
  return `${flag}${flag.startsWith('--') ? '=' : '+'}${help}:${option.name}:${values}`;
}

function fish(tool: ToolSpec): string {
  const lines = optionsOf(tool).map((option) => {
    const flags = option.flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
    const value = option.kind === 'flag' ? '' : option.choices === undefined ? ' -r' : ` -x -a '${option.choices.join(' ')}'`;
    return `complete -c ${tool.prog} ${flags}${value} -d '${option.help.replaceAll("'", "\\'")}'`;
  });
  return `${lines.join('\n')}\n`;
}
