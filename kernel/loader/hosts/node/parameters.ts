import type { Returnable } from '../../../../modules/define.ts';

/** One parameter of a function as it is written; one that begins with `...` takes the rest. */
export interface Parameter {
  readonly name: string;
  readonly optional: boolean;
  /** What it is without a value, where that can be told without running it. */
  readonly fallback: Returnable | undefined;
}

/** The parameters of a function by its text, which Node keeps as written. */
export function parametersOf(text: string): Parameter[] {
  const single = /^(?:async\s*)?([A-Za-z_$][\w$]*)\s*=>/.exec(text)?.[1];
  if (single !== undefined) return [{ name: single, optional: false, fallback: undefined }];
  return topLevel(text.slice(text.indexOf('(') + 1))
    .map((part) => part.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '').trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [, name = part, value] = /^([^=]+?)\s*(?:=\s*([\s\S]*))?$/.exec(part) ?? [];
      return { name, optional: value !== undefined, fallback: literal(value) };
    });
}

/** The parts between commas, up to the parenthesis that closes the list. */
function topLevel(text: string): string[] {
  const parts: string[] = [''];
  const open: string[] = [];
  let quote = '';
  for (const [index, char] of [...text].entries()) {
    const quoted = quote !== '';
    if (quoted && char === quote && text[index - 1] !== '\\') quote = '';
    else if (!quoted && `'"\``.includes(char)) quote = char;
    else if (!quoted && '([{'.includes(char)) open.push(char);
    else if (!quoted && ')]}'.includes(char) && open.pop() === undefined) break;
    else if (!quoted && char === ',' && open.length === 0) {
      parts.push('');
      continue;
    }
    parts[parts.length - 1] += char;
  }
  return parts;
}

function literal(text: string | undefined): Returnable | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text.replace(/^'([^'"\\]*)'$/, '"$1"')) as Returnable;
  } catch {
    return undefined; // an expression: only the function itself knows
  }
}
