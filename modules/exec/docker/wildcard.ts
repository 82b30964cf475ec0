/** Patterns as the shell has them for names: `*`, `?` and `[abc]`. */
export const isPattern = (text: string): boolean => /[*?[]/.test(text);

/** Whether a name fits a pattern; `*` takes slashes too. */
export function matcher(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/\[(!?)([^\]]+)\]|[\s\S]/g, (char, not: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`;
    return char === '*' ? '[\\s\\S]*' : char === '?' ? '[\\s\\S]' : char.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}
