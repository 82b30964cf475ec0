import { readFile } from 'node:fs/promises';
import { CommandFailed } from '../../define.ts';

/**
 * The options of a group in a file such as /etc/mysql/debian.cnf; dashes for underscores.
 * https://mariadb.com/kb/en/configuring-mariadb-with-option-files/. Throws CommandFailed if it cannot be read.
 */
export async function readOptionFile(path: string, group: string): Promise<Readonly<Record<string, string>>> {
  const options: Record<string, string> = {};
  let current = '';
  for (const line of (await textOf(path)).split('\n')) {
    const [, section] = /^\s*\[([^\]]+)\]/.exec(line) ?? [];
    if (section !== undefined) current = section.trim();
    const [, name, value = ''] = /^\s*([\w-]+)\s*(?:=\s*(.*?))?\s*$/.exec(line) ?? [];
    if (name !== undefined && current === group) options[name.replaceAll('_', '-')] = unquoted(value);
  }
  return options;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandFailed(`mysql: the option file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A comment may follow a value that has no quotes. */
const unquoted = (value: string): string => /^(["'])(.*)\1/.exec(value)?.[2] ?? value.replace(/\s+#.*$/, '');
