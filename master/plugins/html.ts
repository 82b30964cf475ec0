/** What may stand in the page: text and its structure, no resources, no forms, nothing that runs. */
const TAGS = new Set(
  (
    'a abbr b blockquote br caption code col colgroup dd details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i kbd li meter ol p ' +
    'pre progress s samp section small span strong sub summary sup table tbody td tfoot th thead time tr u ul'
  ).split(' '),
);
const EMPTY = new Set(['br', 'col', 'hr']);
/** Left out with all that is in them. */
const SILENT = new Set(
  'script style iframe frame frameset object embed applet template noscript svg math textarea title xmp plaintext select'.split(' '),
);
/** Names of attributes; `class` and `href` have rules of their own. */
const ATTRIBUTES = new Set('colspan rowspan scope title open value min max low high optimum datetime lang dir start reversed'.split(' '));
/** Classes the console has a look for, besides those of the plugin itself: others could pretend to be parts of the console. */
const CLASS = /^(?:plugin-[\w-]+|ok|warning|error|muted|number)$/;
const LINK = /^(?:https?:\/\/|mailto:|#|\/(?![/\\]))/i;

/**
 * HTML with only what is on these lists; everything else becomes text or is left out. Elements are closed where they were left open.
 * Takes time in proportion to its length, whatever it holds.
 */
export function cleanHtml(html: string): string {
  const out: string[] = [];
  const open: string[] = [];
  let silent: string | undefined;
  for (const piece of pieces(html)) {
    if (typeof piece === 'string') {
      if (silent === undefined) out.push(escaped(piece));
      continue;
    }
    const { name, closes, attributes } = piece;
    if (silent !== undefined) {
      if (closes && name === silent) silent = undefined;
    } else if (SILENT.has(name)) {
      if (!closes) silent = name;
    } else if (!TAGS.has(name)) {
    } else if (closes) {
      close(name, open, out);
    } else {
      out.push(`<${name}${attributesOf(name, attributes)}>`);
      if (!EMPTY.has(name)) open.push(name);
    }
  }
  for (const name of open.reverse()) out.push(`</${name}>`);
  return out.join('');
}

interface Tag {
  readonly name: string;
  readonly closes: boolean;
  readonly attributes: string;
}

const BEGIN = /<(\/?)([a-zA-Z][a-zA-Z0-9:-]*)(?=[\s/>])|<[!?]/y;

function* pieces(html: string): Iterable<string | Tag> {
  let at = 0;
  while (at < html.length) {
    const less = html.indexOf('<', at);
    if (less < 0) break;
    if (less > at) yield html.slice(at, less);
    BEGIN.lastIndex = less;
    const begin = BEGIN.exec(html);
    if (begin === null) {
      yield '<';
      at = less + 1;
      continue;
    }
    const [text, slash, name] = begin;
    const end = name === undefined ? endOfComment(html, less) : endOfTag(html, less + text.length);
    if (end < 0) return; // a tag that is never closed: browsers, too, show nothing of it
    at = end + 1;
    if (name !== undefined) yield { name: name.toLowerCase(), closes: slash === '/', attributes: html.slice(less + text.length, end) };
  }
  if (at < html.length) yield html.slice(at);
}

function endOfComment(html: string, from: number): number {
  if (!html.startsWith('<!--', from)) return html.indexOf('>', from);
  const end = html.indexOf('-->', from + 4);
  return end < 0 ? -1 : end + 2;
}

/** The `>` that ends a tag, beyond quoted values. */
function endOfTag(html: string, from: number): number {
  let quote = '';
  for (let at = from; at < html.length; at += 1) {
    const character = html[at] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at;
  }
  return -1;
}

function close(name: string, open: string[], out: string[]): void {
  if (!open.includes(name)) return;
  for (let last = open.pop(); last !== undefined; last = open.pop()) {
    out.push(`</${last}>`);
    if (last === name) return;
  }
}

const ATTRIBUTE = /([a-zA-Z][\w:-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

function attributesOf(tag: string, text: string): string {
  const kept = new Map<string, string>();
  for (const [, given = '', double, single, bare] of text.matchAll(ATTRIBUTE)) {
    const name = given.toLowerCase();
    const value = unescaped(double ?? single ?? bare ?? '');
    if (kept.has(name)) continue;
    if (ATTRIBUTES.has(name) || /^aria-[a-z]+$/.test(name)) kept.set(name, value);
    else if (name === 'class')
      kept.set(
        name,
        value
          .split(/\s+/)
          .filter((one) => CLASS.test(one))
          .join(' '),
      );
    else if (name === 'href' && tag === 'a' && LINK.test(value) && !/[\s\p{Cc}]/u.test(value)) kept.set(name, value);
  }
  if (kept.has('href')) kept.set('rel', 'noopener noreferrer').set('target', '_blank');
  return [...kept].map(([name, value]) => ` ${name}="${attribute(value)}"`).join('');
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'", nbsp: '\u00a0' };

/** What is not known stays as it is, and is text from then on: nothing is read twice. */
const unescaped = (text: string): string =>
  text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]+);/gi, (whole, name: string) => {
    const numeric = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : name.startsWith('#') ? Number(name.slice(1)) : undefined;
    if (numeric !== undefined) return numeric > 0 && numeric <= 0x10ffff ? String.fromCodePoint(numeric) : '';
    return NAMED[name.toLowerCase()] ?? whole;
  });

const ENTITY = /^&(?:#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,10});/i;

/** Entities stay what they are, so that text that was escaped already is not escaped again. */
const escaped = (text: string): string =>
  text.replace(/[<>&]/g, (one, at: number) =>
    one === '<' ? '&lt;' : one === '>' ? '&gt;' : ENTITY.test(text.slice(at, at + 12)) ? '&' : '&amp;',
  );

const attribute = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
