import { RE2JS } from 're2js';
import { messageOf } from '../../../protocol/errors.ts';
import { fromPython } from '../../targeting/regex.ts';
import { str } from '../python/repr.ts';
import { isTrue, type Value } from '../python/value.ts';
import { JinjaError } from './errors.ts';

/** Names of the arguments of all that takes a pattern, as Salt has them. */
export const REGEX = ['rgx', 'ignorecase', 'multiline'];

/** A pattern of a template's author. Only the linear engine sees it, so none can hang a rendering. @throws JinjaError */
export function compiled(pattern: Value | undefined, ignorecase: Value | undefined, multiline: Value | undefined): RE2JS {
  const flags = (isTrue(ignorecase ?? false) ? RE2JS.CASE_INSENSITIVE : 0) | (isTrue(multiline ?? false) ? RE2JS.MULTILINE : 0);
  try {
    return RE2JS.compile(fromPython(str(pattern ?? '')), flags);
  } catch (error) {
    throw new JinjaError('error', `the regular expression ${str(pattern ?? '')} cannot be used: ${messageOf(error)}`);
  }
}
