import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BadTarget, compileTarget, type Nodegroups, type Subject, type TargetSpec } from './compile.ts';

/** Targets with the ids that the matchers of Salt 3008.3 chose among three minions. */
const recorded: { subjects: Subject[]; nodegroups: Nodegroups; cases: (TargetSpec & { matched: string[] })[] } = JSON.parse(
  readFileSync(new URL('./cases.json', import.meta.url), 'utf8'),
);

function chosen(spec: TargetSpec): string[] {
  try {
    const target = compileTarget(spec, recorded.nodegroups);
    return recorded.subjects.filter((subject) => target.matches(subject)).map((subject) => subject.id);
  } catch (problem) {
    assert.ok(problem instanceof BadTarget, String(problem));
    return [];
  }
}

for (const kind of new Set(recorded.cases.map((one) => one.kind))) {
  test(`targets of kind ${kind} choose whom Salt chooses`, () => {
    for (const { matched, ...spec } of recorded.cases.filter((one) => one.kind === kind)) {
      assert.deepEqual(chosen(spec), matched, JSON.stringify(spec));
    }
  });
}

test('what is published chooses the same minions as what was asked for', () => {
  for (const { matched, ...spec } of recorded.cases) {
    let wire: { tgt: string | string[]; tgt_type: string };
    try {
      wire = compileTarget(spec, recorded.nodegroups).wire;
    } catch {
      continue;
    }
    const received = { kind: wire.tgt_type, expression: wire.tgt, ...(spec.delimiter === undefined ? {} : { delimiter: spec.delimiter }) };
    assert.deepEqual(chosen(received), matched, JSON.stringify(received));
  }
});
