/** RPM's order of versions, `[epoch:]version[-release]` (rpm-version(7)). Negative, 0 or positive. */
export const compareVersions = (one: string, other: string): number => {
  const [a, b] = [parts(one), parts(other)];
  const order = a.epoch - b.epoch || compareText(a.version, b.version);
  // A wish without a release means any.
  return order !== 0 || a.release === '' || b.release === '' ? order : compareText(a.release, b.release);
};

const parts = (text: string): { epoch: number; version: string; release: string } => {
  const [, epoch = '0', version = '', release = ''] = /^(?:(\d+):)?([^-]*)(?:-([\s\S]*))?$/.exec(text) ?? [];
  return { epoch: Number(epoch), version, release };
};

/** By runs of digits or letters; `~` sorts before the end, `^` right after it. */
const compareText = (one: string, other: string): number => {
  const split = (text: string): string[] => text.match(/\d+|[A-Za-z]+|[~^]/g) ?? [];
  const [a, b] = [split(one), split(other)];
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const order = compareRuns(a[at] ?? '', b[at] ?? '');
    if (order !== 0) return order;
  }
  return 0;
};

const compareRuns = (a: string, b: string): number => {
  if (a === b) return 0;
  if (a === '~' || b === '~') return a === '~' ? -1 : 1;
  if (a === '^') return b === '' ? 1 : -1;
  if (b === '^') return a === '' ? -1 : 1;
  if (a === '' || b === '') return a === '' ? -1 : 1;
  const [digitsA, digitsB] = [/^\d/.test(a), /^\d/.test(b)];
  if (digitsA !== digitsB) return digitsA ? 1 : -1;
  if (!digitsA) return a < b ? -1 : 1;
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return x.length - y.length || (x < y ? -1 : Number(x > y));
};
