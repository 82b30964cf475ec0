/** Wraps a paragraph as Python's `textwrap.fill` does: between words and behind hyphens, long words cut. */
export function filled(text: string, width: number, indent: string): string {
  const out: string[] = [];
  const words = pieces(text.replaceAll('\t', '        ').replace(/[\n\v\f\r]/g, ' '));
  const room = width - indent.length;
  let line = '';
  const flush = (): void => {
    if (line.trimEnd() !== '') out.push(indent + line.trimEnd());
    line = '';
  };
  while (words.length > 0) {
    const word = words.shift() ?? '';
    if (line === '' && out.length > 0 && word.trim() === '') continue;
    if (line.length + word.length <= room) {
      line += word;
      continue;
    }
    if (word.length > room) {
      const cut = Math.max(1, room - line.length);
      words.unshift(word.slice(cut));
      line += word.slice(0, cut);
    } else words.unshift(word);
    flush();
  }
  flush();
  return out.join('\n');
}

/** Blanks, words, and parts of words that end in a hyphen between letters. */
const pieces = (text: string): string[] => text.match(/ +|[^ ]*?[\p{L}\d_!"'&.,?]-(?=\p{L}{2}|\p{L}-)|-{2,}(?=\w)|[^ ]+/gu) ?? [];
