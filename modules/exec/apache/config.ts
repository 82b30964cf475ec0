import { CommandFailed, type Returnable } from '../../define.ts';

type Section = Readonly<Record<string, Returnable>>;
const isMap = (value: Returnable | undefined): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
const text = (value: Returnable | undefined): string => (value === null || value === undefined ? '' : String(value));

/**
 * Configuration of Apache from a list of maps of one key each, which is a directive or a section; `this` is what stands
 * behind the name of a section. A list is the same directive several times, or with `this` in it a section.
 * @throws CommandFailed for a section without `this`
 */
export const configText = (entries: readonly Returnable[]): string =>
  entries
    .map((entry) => {
      const [name, value] = isMap(entry) ? (Object.entries(entry)[0] ?? []) : [];
      if (name === undefined) throw new CommandFailed(`${JSON.stringify(entry)} is no map of a directive and its value`);
      return part(name, value);
    })
    .join('\n');

function part(name: string, value: Returnable | undefined): string {
  if (Array.isArray(value)) {
    const items = value as readonly Returnable[];
    return items.some((item) => isMap(item) && 'this' in item)
      ? listed(name, items)
      : items.map((item) => `${part(name, item)}\n`).join('');
  }
  return isMap(value) ? section(name, value) : `${name} ${text(value)}`;
}

function section(name: string, map: Section): string {
  if (!('this' in map)) throw new CommandFailed(`Apache section container "<${name}>" expects attribute. Specify it using key "this".`);
  const within = Object.entries(map).filter(([key]) => key !== 'this');
  return `<${name} ${text(map['this'])}>\n${within.map(([key, value]) => `${part(key, value)}\n`).join('')}</${name}>\n`;
}

/** A section whose directives are items of a list, so that some may come several times. */
function listed(name: string, items: readonly Returnable[]): string {
  const maps = items.filter(isMap);
  const head = text(maps.findLast((item) => 'this' in item)?.['this']);
  const within = maps.flatMap((item) => Object.entries(item)).filter(([key]) => key !== 'this');
  return `<${name} ${head}>\n${within.map(([key, value]) => `${part(key, value)}\n`).join('')}</${name}>\n`;
}
