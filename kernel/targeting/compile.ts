import { compoundWords, parseCompound } from './compound.ts';
import { kinds } from './kinds/index.ts';
import { listMatcher } from './kinds/list.ts';
import { expandNodegroup } from './nodegroups.ts';
import { BadTarget, type CompiledTarget, type Matcher, type Nodegroups, quoted, type TargetSpec } from './target.ts';

export {
  BadTarget,
  type CompiledTarget,
  type Nodegroups,
  type Subject,
  type TargetSpec,
} from './target.ts';

const byName = new Map(kinds.map((kind) => [kind.name, kind]));

/**
 * One matcher for both ends: the master asks it whom to expect, the minion whether it is meant. Both get the
 * same answer from the same data.
 * @param nodegroups needed for the kind `nodegroup` and for `N@` in compound expressions (master only).
 * @throws BadTarget naming the place and the remedy. A minion takes that as "not me".
 */
export function compileTarget(spec: TargetSpec, nodegroups: Nodegroups = {}): CompiledTarget {
  switch (spec.kind) {
    case 'list':
      return compileList(spec.expression);
    case 'compound':
    case 'compound_pillar_exact':
      return compileCompound(spec.kind, compoundWords(spec.expression, nodegroups));
    case 'nodegroup':
      return compileCompound('compound', expandNodegroup(text(spec), nodegroups));
    default:
      return compilePlain(spec);
  }
}

function compileList(expression: string | readonly string[]): CompiledTarget {
  const ids = (typeof expression === 'string' ? expression.split(',') : expression).filter((id) => id !== '');
  return compiled(listMatcher(ids), { tgt: [...ids], tgt_type: 'list' });
}

function compileCompound(kind: string, words: readonly string[]): CompiledTarget {
  return compiled(parseCompound(words, kind === 'compound_pillar_exact'), { tgt: words.join(' '), tgt_type: kind });
}

function compilePlain(spec: TargetSpec): CompiledTarget {
  const kind = byName.get(spec.kind);
  if (kind === undefined) {
    const known = [...byName.keys(), 'nodegroup', 'compound', 'compound_pillar_exact'].join(', ');
    throw new BadTarget(`Targeting by ${quoted(spec.kind)} is not provided; use one of ${known}.`);
  }
  const expression = text(spec);
  return compiled(kind.compile(expression, spec.delimiter ?? ':'), { tgt: expression, tgt_type: kind.name });
}

function text(spec: TargetSpec): string {
  if (typeof spec.expression === 'string') return spec.expression;
  throw new BadTarget(`A target of kind ${quoted(spec.kind)} is one text, not a list; use the kind list or compound.`);
}

function compiled(matcher: Matcher, wire: CompiledTarget['wire']): CompiledTarget {
  return { ...matcher, needs: new Set(matcher.needs), wire };
}
