import type { Returnable } from '../../define.ts';

/** `-V`: `Server version: ...`, and ` -D NAME` of what it was built with. */
export function parseVersion(text: string): Returnable {
  const fields: Record<string, string> = {};
  const compiled_with: string[] = [];
  for (const line of text.split('\n')) {
    const [name = '', value] = line.split(': ');
    if (value !== undefined) fields[name.trim().toLowerCase().replaceAll(' ', '_')] = value.trim();
    else if (line.includes(' -D')) compiled_with.push(line.replace(/^\s+-D\s+/, ''));
  }
  return { compiled_with, ...fields };
}

/** `-M`: `core_module (static)`. */
export function parseModules(text: string): Returnable {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const marked = (mark: string): string[] => lines.filter((line) => line.includes(mark)).map((line) => line.trim().split(/\s+/)[0] ?? '');
  return { static: marked('(static)'), shared: marked('(shared)') };
}

/** `-L`: a directive with what it is in lines behind a tab. */
export const parseDirectives = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .replaceAll('\n\t', '\t')
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name = '', ...about] = line.split('\t');
        return [name, about.join('\n')];
      }),
  );

/** `-S`: addresses with several hosts, each with the default one and those of their own names. */
export function parseHosts(text: string): Returnable {
  const addresses: Record<string, Record<string, Returnable>> = {};
  let hosts: Record<string, Returnable> = {};
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const words = line.trim().split(/\s+/);
    const bare = (word = ''): string => word.replace(/[()]/g, '');
    if (line.includes('is a NameVirtualHost')) {
      hosts = {};
      addresses[words[0] ?? ''] = hosts;
    } else if (words[0] === 'default') {
      hosts['default'] = { vhost: words[2] ?? '', conf: bare(words[3]) };
    } else if (words[0] === 'port') {
      hosts[words[3] ?? ''] = { vhost: words[3] ?? '', conf: bare(words[4]), port: words[1] ?? '' };
    }
  }
  return addresses;
}
