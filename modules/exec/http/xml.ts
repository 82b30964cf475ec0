import { CommandFailed, type Returnable } from '../../define.ts';

interface Element {
  readonly name: string;
  /** What stands before the first child. */
  text: string | null;
  readonly children: Element[];
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
/** XML in its parts: comments and instructions, CDATA, tags, text. */
const PART =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^[>]*(?:\[[\s\S]*?\]\s*)?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s<>/]+)((?:\s+[^\s=<>/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;

const plain = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) {
      const known = ENTITIES[name];
      if (known === undefined) throw new CommandFailed(`undefined entity ${whole}`);
      return known;
    }
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });

/** The root of a document. Entities that a document defines itself are refused: they serve attacks more than data. */
const parse = (text: string): Element => {
  const top: Element = { name: '', text: null, children: [] };
  const open: Element[] = [top];
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const at = PART.lastIndex;
    const found = PART.exec(text);
    const inner = open.at(-1);
    if (found === null || inner === undefined) throw new CommandFailed(`not well-formed XML at character ${at}`);
    const [, cdata, closing, name, , empty, characters] = found;
    const said = cdata ?? (characters === undefined ? undefined : plain(characters));
    if (said !== undefined) say(inner, said, open.length === 1, at);
    if (name === undefined) continue;
    if (closing === '/') {
      if (inner.name !== name || open.length === 1)
        throw new CommandFailed(`not well-formed XML: mismatched tag ${name} at character ${at}`);
      open.pop();
      continue;
    }
    const element: Element = { name, text: null, children: [] };
    inner.children.push(element);
    if (empty !== '/') open.push(element);
  }
  const [root, more] = top.children;
  if (root === undefined || more !== undefined || open.length > 1)
    throw new CommandFailed('not well-formed XML: it must be one element, closed at its end');
  return root;
};

/** Text after a child belongs to nobody. */
const say = (inner: Element, text: string, outside: boolean, at: number): void => {
  if (outside && text.trim() !== '') throw new CommandFailed(`not well-formed XML: text outside of an element at character ${at}`);
  if (!outside && inner.children.length === 0) inner.text = (inner.text ?? '') + text;
};

/** Without its namespace. */
const shortName = (name: string): string => name.slice(name.indexOf(':') + 1);

const toMap = (element: Element): Returnable => {
  if (element.children.length === 0) return { [shortName(element.name)]: element.text };
  const found: Record<string, Returnable> = Object.create(null);
  for (const child of element.children) {
    const name = shortName(child.name);
    const before = found[name];
    if (before === undefined) found[name] = child.children.length > 0 ? toMap(child) : child.text;
    else found[name] = [...(Array.isArray(before) ? before : [before]), toMap(child)];
  }
  return { ...found };
};

/** The children of the root, as maps by tag; attributes are left out. Throws CommandFailed if it is not XML. */
export const childrenOf = (text: string): Returnable => parse(text).children.map(toMap);
