/** A word as the value it means, as on the command line: JSON, numbers, true/false/null, else text. */
export function meant(word: string): unknown {
  const text = word.trim();
  if (/^(true|yes|on)$/i.test(text)) return true;
  if (/^(false|no|off)$/i.test(text)) return false;
  if (/^(null|none|~)$/i.test(text)) return null;
  if (/^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text)) return Number(text);
  if (/^[[{"]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      return word; // text that only looks like JSON
    }
  }
  return word;
}

/** Splits a line into words at spaces, as a shell does with quotes. */
export function wordsOf(line: string): string[] {
  const found: string[] = [];
  let word = '';
  let quote = '';
  let open = false;
  let depth = 0;
  for (const char of line) {
    if (quote !== '') {
      if (char === quote && depth === 0) quote = '';
      else if (char === quote) {
        word += char;
        quote = '';
      } else word += char;
    } else if ((char === '"' || char === "'") && depth === 0) {
      quote = char;
      open = true;
    } else if (/\s/.test(char) && depth === 0) {
      if (word !== '' || open) found.push(word);
      word = '';
      open = false;
    } else {
      if (char === '"') quote = char;
      if (char === '{' || char === '[') depth += 1;
      if (char === '}' || char === ']') depth -= 1;
      word += char;
    }
  }
  if (word !== '' || open) found.push(word);
  return found;
}

export interface Given {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** Arguments as typed in one line: values, and `name=value`. */
export function argumentsOf(line: string): Given {
  const args: unknown[] = [];
  const kwargs: Record<string, unknown> = {};
  for (const word of wordsOf(line)) {
    const named = /^([A-Za-z_]\w*)=(.*)$/s.exec(word);
    if (named === null) args.push(meant(word));
    else kwargs[named[1] ?? ''] = meant(named[2] ?? '');
  }
  return { args, kwargs };
}
