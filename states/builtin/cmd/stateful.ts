import type { Returnable } from '../../../modules/define.ts';
import { splitWords } from '../../../modules/exec/cmd/words.ts';
import { type Changes, failed, type Outcome } from '../../define.ts';

const UNREADABLE = 'Failed parsing script output! Stdout must be JSON or a line of name=value pairs.';
const NO_OBJECT = 'script JSON output must be a JSON object (e.g., {})!';

interface Said {
  readonly data: Readonly<Record<string, Returnable>>;
  /** Its output without what it said of itself. */
  readonly rest: string;
}

/**
 * The outcome of a command that tells by itself whether it changed anything (`stateful: True`): its output is a JSON
 * object, or its last line is of `name=value` words, among them `changed` and `comment`.
 */
export function told(result: boolean | null, ran: Changes): Outcome {
  const stdout = ran['stdout'];
  if (typeof stdout !== 'string' || stdout === '') return { result, comment: String(ran['stderr'] ?? ''), changes: {} };
  const said = read(stdout);
  if (said === undefined) return failed(UNREADABLE, ran);
  if (said === NO_OBJECT) return failed(NO_OBJECT);
  const { comment = '', ...data } = said.data;
  if (!truth(data['changed'] ?? 'no')) return { result, comment: String(comment), changes: {} };
  return { result, comment: String(comment), changes: { ...ran, ...data, stdout: said.rest } };
}

function read(stdout: string): Said | typeof NO_OBJECT | undefined {
  try {
    const data: Returnable = JSON.parse(stdout);
    return typeof data === 'object' && data !== null && !Array.isArray(data) ? { data: data as Said['data'], rest: '' } : NO_OBJECT;
  } catch {
    // Not JSON: the usual form is words.
    return pairs(stdout);
  }
}

function pairs(stdout: string): Said | undefined {
  const at = stdout.trimEnd().lastIndexOf('\n');
  const data: Record<string, Returnable> = Object.create(null);
  let words: readonly string[];
  try {
    words = splitWords(stdout.slice(at + 1));
  } catch {
    return undefined;
  }
  for (const word of words) {
    const [key = '', value, ...more] = word.split('=');
    if (value === undefined || more.length > 0) return undefined;
    data[key] = value;
  }
  // As in Salt, an output of that line alone loses its last character only.
  return { data, rest: stdout.slice(0, at) };
}

function truth(word: Returnable): boolean {
  const text = String(word).toLowerCase();
  if (['true', 'yes', '1'].includes(text)) return true;
  if (['false', 'no', '0'].includes(text)) return false;
  throw new Error(`Failed parsing boolean value: ${String(word)}`);
}
