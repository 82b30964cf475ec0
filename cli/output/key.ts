import { type Color, palette } from './colors.ts';
import type { Outputter } from './outputter.ts';
import { str } from './python.ts';
import { at, entriesOf, isMapping, kindOf, sortedKeys, Unprintable, withoutEscapes } from './values.ts';

const SECTIONS: Readonly<Record<string, readonly [title: string, titleColor: Color, color: Color]>> = {
  local: ['Local Keys:', 'LIGHT_MAGENTA', 'MAGENTA'],
  minions: ['Accepted Keys:', 'LIGHT_GREEN', 'GREEN'],
  minions_denied: ['Denied Keys:', 'LIGHT_MAGENTA', 'MAGENTA'],
  minions_pre: ['Unaccepted Keys:', 'LIGHT_RED', 'RED'],
  minions_rejected: ['Rejected Keys:', 'LIGHT_BLUE', 'BLUE'],
};

/** Minion keys by their state: `{minions: [ids]}`, or `{minions: {id: fingerprint or key}}`. */
export const key: Outputter = (data, options) => {
  if (!isMapping(data)) throw new Unprintable('not a mapping of key states');
  const colors = palette(options.color ?? false);
  const statuses = sortedKeys(entriesOf(data).map(([status]) => status)) ?? [];
  const out: string[] = [];
  for (const status of statuses) {
    const section = Object.hasOwn(SECTIONS, str(status)) ? SECTIONS[str(status)] : undefined;
    if (section === undefined) throw new Unprintable(`${str(status)} is not a key state`);
    const [title, titleColor, color] = section;
    out.push(`${colors[titleColor]}${title}${colors.ENDC}`);
    for (const line of held(at(data, str(status)))) out.push(`${colors[color]}${line}${colors.ENDC}`);
  }
  return out.join('\n');
};

function held(keys: unknown): string[] {
  switch (kindOf(keys)) {
    case 'list':
      return (sortedKeys(keys as unknown[]) ?? []).map((id) => withoutEscapes(str(id)));
    case 'map':
      return (sortedKeys(entriesOf(keys).map(([id]) => id)) ?? []).map((id) => `${withoutEscapes(str(id))}:  ${str(at(keys, str(id)))}`);
    case 'text':
      return [];
    default:
      throw new Unprintable('keys are neither a list nor a mapping');
  }
}
