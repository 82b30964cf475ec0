/** Suffixes of apk's versions in their order, those before the release first (apk-package(5)). */
const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];

/** Alpine's order of versions, `1.2.4a_rc1-r2`. Negative, 0 or positive. */
export const compareVersions = (one: string, other: string): number => {
  const [a, b] = [parts(one), parts(other)];
  for (let at = 0; at < Math.max(a.numbers.length, b.numbers.length); at += 1) {
    const order = (a.numbers[at] ?? -1) - (b.numbers[at] ?? -1);
    if (order !== 0) return order;
  }
  if (a.letter !== b.letter) return a.letter < b.letter ? -1 : 1;
  for (let at = 0; at < Math.max(a.suffixes.length, b.suffixes.length); at += 1) {
    const [x, y] = [a.suffixes[at] ?? NONE, b.suffixes[at] ?? NONE];
    const order = x.rank - y.rank || x.number - y.number;
    if (order !== 0) return order;
  }
  return a.revision - b.revision;
};

const NONE = { rank: SUFFIXES.indexOf(''), number: 0 };

const parts = (version: string) => {
  const [, numbers = '', letter = '', suffixes = '', revision = '0'] = /^([\d.]*)([a-z]?)((?:_[a-z]+\d*)*)(?:-r(\d+))?/.exec(version) ?? [];
  return {
    numbers: numbers.split('.').map(Number),
    letter,
    suffixes: [...suffixes.matchAll(/_([a-z]+)(\d*)/g)].map(([, word = '', number = '']) => ({
      rank: SUFFIXES.indexOf(word),
      number: Number(number || 0),
    })),
    revision: Number(revision),
  };
};
