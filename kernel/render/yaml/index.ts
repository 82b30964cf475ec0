import type { Data } from '../python/value.ts';
import { construct } from './construct.ts';
import { parseDocument } from './nodes.ts';

export { YamlError } from './errors.ts';

/**
 * Reads one YAML document as Salt does: YAML 1.1 with PyYAML's words, no octal numbers by a leading zero, dates as
 * texts, equal keys refused. Maps keep their order; numbers their kind. An empty text is null.
 * @throws YamlError in the words of PyYAML
 */
export function loadYaml(text: string): Data {
  const root = parseDocument(text);
  return root === undefined ? null : construct(root);
}
