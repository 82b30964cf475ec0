export type Format = 'json' | 'yaml';

interface Wanted {
  readonly type: string;
  readonly quality: number;
}

const TYPES: Readonly<Record<string, Format>> = { 'application/json': 'json', 'application/x-yaml': 'yaml' };

/** The formats of an `Accept` header, the most wanted first. No header at all means any. */
function wanted(accept: string | undefined): readonly Wanted[] {
  if (accept === undefined || accept.trim() === '') return [{ type: '*/*', quality: 1 }];
  return accept
    .split(',')
    .map(parse)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
}

function parse(part: string): Wanted {
  const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
  const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return { type, quality: Number.isFinite(quality) ? quality : 0 };
}

/** Which of our formats a client takes; undefined: none of them. */
export function formatOf(accept: string | undefined): Format | undefined {
  for (const { type } of wanted(accept)) {
    if (type === '*/*' || type === 'application/*') return 'json';
    const format = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
    if (format !== undefined) return format;
  }
  return undefined;
}

/** Whether somebody looks at it with a browser: HTML is wanted before anything of ours. */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  for (const { type } of wanted(accept)) {
    if (type === 'text/html' || type === 'text/*') return true;
    if (type === '*/*' || Object.hasOwn(TYPES, type)) return false;
  }
  return false;
}
