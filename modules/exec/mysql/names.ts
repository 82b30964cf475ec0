/** A name in back quotes. In a grant on all of a database `_` and `%` are wildcards, unless they are escaped. */
export const identifier = (name: string, pattern = false): string =>
  `\`${(pattern ? name.replace(/[_%]/g, '\\$&') : name).replaceAll('`', '``')}\``;

/** Whether a version such as `10.11.6-MariaDB` is this one or newer. */
export function isAtLeast(version: string, wanted: string): boolean {
  const numbers = (text: string): number[] => (/^[\d.]+/.exec(text)?.[0] ?? '0').split('.').map(Number);
  const [have, need] = [numbers(version), numbers(wanted)];
  for (let index = 0; index < need.length; index += 1) {
    const [one, other] = [have[index] ?? 0, need[index] ?? 0];
    if (one !== other) return one > other;
  }
  return true;
}

export const isMariadb = (version: string): boolean => version.includes('MariaDB');
