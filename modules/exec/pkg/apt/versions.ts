/** Debian's order of versions (deb-version(7)): epoch, upstream version, revision. Negative, 0 or positive. */
export const compareVersions = (one: string, other: string): number => {
  const [a, b] = [parts(one), parts(other)];
  return a.epoch - b.epoch || compareText(a.upstream, b.upstream) || compareText(a.revision, b.revision);
};

const parts = (version: string): { epoch: number; upstream: string; revision: string } => {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?([\s\S]*)$/.exec(version) ?? [];
  const at = rest.lastIndexOf('-');
  return { epoch: Number(epoch), upstream: at < 0 ? rest : rest.slice(0, at), revision: at < 0 ? '' : rest.slice(at + 1) };
};

/** `~` sorts before the end, the end before letters, letters before all else. */
const weight = (char: string): number => {
  if (char === '~') return -1;
  if (char === '' || /\d/.test(char)) return 0;
  return /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256;
};

const compareText = (one: string, other: string): number => {
  let [a, b] = [one, other];
  while (a !== '' || b !== '') {
    const [wordA, wordB] = [/^\D*/.exec(a)?.[0] ?? '', /^\D*/.exec(b)?.[0] ?? ''];
    for (let at = 0; at < Math.max(wordA.length, wordB.length); at += 1) {
      const order = weight(wordA.charAt(at)) - weight(wordB.charAt(at));
      if (order !== 0) return order;
    }
    [a, b] = [a.slice(wordA.length), b.slice(wordB.length)];
    const [digitsA, digitsB] = [/^\d*/.exec(a)?.[0] ?? '', /^\d*/.exec(b)?.[0] ?? ''];
    const order = compareDigits(digitsA.replace(/^0+/, ''), digitsB.replace(/^0+/, ''));
    if (order !== 0) return order;
    [a, b] = [a.slice(digitsA.length), b.slice(digitsB.length)];
  }
  return 0;
};

const compareDigits = (one: string, other: string): number => one.length - other.length || (one < other ? -1 : Number(one > other));
