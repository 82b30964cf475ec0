/** Tells whether a path is left out of what is built from, by the rules of a `.dockerignore`: the last that fits says. */
export function excluder(rules: string): (path: string) => boolean {
  const parsed = rules
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ keeps: line.startsWith('!'), fits: expression(line.replace(/^!/, '').trim()) }));
  return (path) => parsed.reduce((out, { keeps, fits }) => (fits.test(path) ? !keeps : out), false);
}

/** A rule covers what it names and all below; `**` takes any number of directories. */
function expression(rule: string): RegExp {
  const clean = rule.replace(/^\.?\//, '').replace(/\/+$/, '');
  const source = clean.replace(/\*\*\/?|[\s\S]/g, (part) => {
    if (part.startsWith('**')) return part.endsWith('/') ? '(?:.*/)?' : '.*';
    return part === '*' ? '[^/]*' : part === '?' ? '[^/]' : part.replace(/[\\^$.+()|{}]/g, '\\$&');
  });
  return new RegExp(`^${source}(?:/.*)?$`);
}
