import { CommandFailed, type Returnable } from '../../define.ts';

const TYPES = ['service', 'socket', 'device', 'mount', 'automount', 'swap', 'target', 'path', 'timer'];

/** `nginx` as systemd names it: `nginx.service`. */
export const unitName = (name: string): string => {
  if (name === '' || name.startsWith('-') || /[\s\0/]/.test(name)) throw new CommandFailed(`'${name}' is not a service name`);
  return TYPES.some((type) => name.endsWith(`.${type}`)) ? name : `${name}.service`;
};
/** A unit as Salt names it: services without their ending, undefined for what is no unit it lists. */
export const serviceName = (unit: string): string | undefined => {
  const [, name, type = ''] = /^(.*)\.([^.]+)$/.exec(unit) ?? [];
  if (name === undefined || !TYPES.includes(type)) return undefined;
  return type === 'service' ? name : unit;
};

/** Names in a column of a systemctl table where another column has a value. */
export const unitsWith = (table: string, column: number, value: string): string[] => {
  const rows = table.split('\n').map((line) => line.replace('●', ' ').trim().split(/\s+/));
  const names = rows.filter((row) => row[column] === value).map(([unit = '']) => serviceName(unit));
  return [...new Set(names.filter((name) => name !== undefined))].sort();
};

/** `systemctl show`: texts, lists where units are listed, maps for `{ path=... ; argv[]=... }`. */
export const parseShow = (output: string): Record<string, Returnable> => {
  const properties: Record<string, Returnable> = { __proto__: null } as never;
  for (const line of output.split('\n')) {
    const at = line.indexOf('=');
    if (at < 0) continue;
    const [name, value] = [line.slice(0, at), line.slice(at + 1)];
    if (value.startsWith('{')) {
      const items = value
        .replace(/[{}]/g, '')
        .split(' ; ')
        .map((item) => item.split('='));
      properties[name] = Object.fromEntries(items.map(([key = '', held = '']) => [key.trim(), held.trim()]));
    } else {
      properties[name] = ['Before', 'After', 'Wants'].includes(name) ? value.split(/\s+/).filter((unit) => unit !== '') : value;
    }
  }
  return properties;
};
