/** The statements of a file, without comments: `;` ends one, unless it stands in quotes. */
export function splitStatements(text: string): string[] {
  const statements: string[] = [];
  let current = '';
  // Comments of the kind /*! are for the server to read.
  const parts = /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`[^`]*`|--(?=\s|$)[^\n]*|#[^\n]*|\/\*(?!!)[\s\S]*?\*\/|;|[\s\S]/g;
  for (const [part] of text.matchAll(parts)) {
    if (part === ';') {
      if (current.trim() !== '') statements.push(current.trim());
      current = '';
    } else current += /^(--(\s|$)|#|\/\*(?!!))/.test(part) && part.length > 1 ? ' ' : part;
  }
  return current.trim() === '' ? statements : [...statements, current.trim()];
}
