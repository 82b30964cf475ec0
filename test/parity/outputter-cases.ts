/** A state result as minions return it; `over` replaces or adds fields. */
const state = (run: number, over: Readonly<Record<string, unknown>> = {}) => ({
  __id__: `id${run}`,
  __sls__: 'web.server',
  __run_num__: run,
  name: `name${run}`,
  result: true,
  changes: {},
  comment: 'Nothing to do',
  start_time: `12:00:0${run % 10}.000${run % 10}00`,
  duration: 1.5 + run,
  ...over,
});

type Results = Readonly<Record<string, unknown>>;
const keyOf = (run: number, { fun = 'file.managed', id = `id${run}`, name = `name${run}` } = {}): string => {
  const [module = '', call = ''] = fun.split('.');
  return [module, id, name, call].join('_|-');
};

/** States with these fields each, of one minion. */
const minion = (...overs: readonly Readonly<Record<string, unknown>>[]): Results => ({
  web1: Object.fromEntries(overs.map((over, run) => [keyOf(run), state(run, over)])),
});

/** A float as Python has it, also where it is whole. */
const float = (text: string) => ({ $number: text });

const DIFF = '--- /etc/motd\n+++ /etc/motd\n@@ -1,2 +1,2 @@\n-old line\n+new line \u00e9\u20ac\n same\n';
const LONG = 'very-long-id-'.repeat(20);
const MANY = Object.fromEntries(Array.from({ length: 120 }, (_, run) => [keyOf(run), state(run, { result: run % 7 !== 0 })]));

/** One id with several names, for `state_compress_ids`. */
const named = (...overs: readonly Readonly<Record<string, unknown>>[]): Results => ({
  web1: Object.fromEntries(
    overs.map((over, run) => [keyOf(run, { id: 'packages', fun: 'pkg.installed' }), state(run, { __id__: 'packages', ...over })]),
  ),
});

const inner = minion({}, { changes: { diff: DIFF } })['web1'];

/** What real runs return, and what faulty states, old minions and orchestrations return. */
const DATA: readonly unknown[] = [
  minion({}),
  minion({ changes: { diff: DIFF } }),
  minion({ changes: { diff: 'New file', mode: '0644' } }, {}, { result: false, comment: 'It broke\nin two lines\n\n  indented' }),
  minion({ changes: { nginx: { old: '', new: '1.2-3' }, lib: { old: '1', new: '2' } } }),
  minion({ changes: { deep: { er: { and: { deeper: [1, 2.5, null, true, ['x', { y: 'z' }]] } } } } }),
  minion({ changes: ['a', 'list'] }),
  minion({ changes: 'a text' }),
  minion({ changes: [] }, { changes: '' }, { changes: null }, { changes: 0 }, { changes: 7 }, { changes: true }),
  minion({ changes: { pchanges: { mode: '0644' } }, pchanges: { x: 1 } }),
  minion({ result: null, comment: 'The file would be changed', changes: { diff: DIFF } }),
  minion({ result: null }, { result: null, changes: { a: 1 } }, { result: true, changes: { b: 2 } }, { result: false, changes: { c: 3 } }),
  minion({ warnings: ['One warning'] }),
  minion(
    {
      warnings: [
        'A warning that is long enough to be wrapped at eighty columns, with hyphen-ated words and /a/very/long/path/that-has-no/blank/anywhere/in/it/at/all-so-it-breaks',
        'second\nline',
        'tab\there',
      ],
    },
    { warnings: [] },
  ),
  minion({ warnings: [], changes: { a: 'b' } }),
  minion({ warnings: ['w'], result: false }, { warnings: ['x', 'y'], result: null }),
  minion({ warnings: [`${'x'.repeat(200)} end`] }),
  minion({
    warnings: ['em\u2014dash and \u00fcn\u00efcode-words and a--double--dash, e-mail (in-brackets) "quo-ted" 1-2-3 a-b- -c --opt=val'],
  }),
  minion(
    { comment: 'onlyif condition is false', skip_watch: true },
    { comment: 'unless condition is true', skip_watch: true, __state_ran__: true },
  ),
  minion({
    result: false,
    comment: 'One or more requisite failed: web.server.id9',
    __state_ran__: false,
    duration: undefined,
    start_time: undefined,
  }),
  minion(
    { comment: ['a', 'list', 'of', 'comments'] },
    { comment: { a: 'mapping' } },
    { comment: 12 },
    { comment: null },
    { comment: false },
    { comment: 1.5 },
  ),
  minion({ comment: '' }, { comment: '\n\n  white space around \n\n' }, { comment: 'carriage\r\nreturn\ttab\u000bvt' }),
  minion({ comment: 'braces {} {0} {comment} %s' }, { name: '{curly}' }),
  minion({ comment: 'unicode \u00e9\u20ac \ud83d\ude00 \u4e2d\u6587', name: '\u4e2d\u6587', changes: { '\u00e9': '\ud83d\ude00' } }),
  minion({ comment: 'escape \u001b[31mred\u001b[0m', changes: { stdout: '\u001b[31mred', 'k\u001bey': 1 } }),
  minion({ changes: { '\u0007bell': '\u0000nul\u2028sep\u0085next' } }),
  minion({ data: ['a', 1, null] }, { data: { x: 1, y: [2] } }, { data: 'text' }, { data: 5 }, { data: null }),
  minion({ duration: '12.5 ms' }, { duration: 0 }, { duration: 1e-7 }, { duration: 1234567.891 }, { duration: '' }, { duration: '3.25' }),
  minion({ duration: 999 - 1.5 }, { duration: 1.5 }),
  minion({ duration: 999.5 }),
  minion({ duration: 3_600_000 }),
  minion({ duration: float('2.0'), changes: { f: float('1e+16'), g: [float('-0.0')] } }, { duration: float('1000.0') }),
  minion({ duration: 'soon' }),
  minion({ duration: undefined }),
  minion({ start_time: undefined }),
  minion({ start_time: null, duration: null }),
  minion({ start_time: '' }, { start_time: 5 }),
  minion({ __parallel__: true, duration: 100 }, { __parallel__: true, duration: 500 }, { duration: 5 }),
  minion({ __parallel__: true, duration: '100 ms' }, { __parallel__: true, duration: 'x' }),
  minion({ __parallel__: false, duration: 900 }, { duration: 900 }),
  minion({ result: 'True' }, { result: 1 }, { result: 0 }, { result: '' }, { result: 'odd' }),
  minion({ result: float('2.0') }, { result: 1.5 }),
  minion({ result: [] }),
  minion({ name: ['a', 'list'] }, { name: null }, { name: 5 }),
  minion({ name: undefined }),
  minion({ changes: undefined }),
  minion({ comment: undefined }),
  minion({ result: undefined }),
  minion({ __run_num__: undefined }),
  minion({ __run_num__: 3 }, { __run_num__: 1 }, { __run_num__: 2 }, { __run_num__: 2 }),
  minion({ __run_num__: '2' }, { __run_num__: '10' }),
  minion({ __jid__: '20260101000000000000', pid: 5 }),
  { web1: MANY },
  { web1: { [keyOf(0, { id: LONG, name: LONG })]: state(0), [keyOf(1, { id: LONG, name: 'short' })]: state(1, { changes: { a: 1 } }) } },
  { web1: { [keyOf(0, { id: 'a', name: 'a' })]: state(0), [keyOf(1, { id: 'a', name: 'b', fun: 'service.running' })]: state(1) } },
  { web1: { [keyOf(0, { id: 'x', name: 'y', fun: 'a_very_long_module.and_a_very_long_function' })]: state(0, { result: null }) } },
  { web1: { 'not_|-enough_|-parts': state(0) } },
  { web1: { 'far_|-too_|-many_|-parts_|-here': state(0) } },
  { web1: { plain: state(0) } },
  { web1: { [keyOf(0)]: state(0), odd: 'text', other: 5, third: null, list: [1] } },
  { web1: { [keyOf(0)]: state(0), 'no result': { a: 1 }, empty: {} } },
  { web1: { changes: { result: true, changes: {}, comment: '' } } },
  { web1: {} },
  { web1: [] },
  { web1: ["Rendering SLS 'base:web' failed: Jinja variable 'x' is undefined"] },
  { web1: ['first error', 'second\nerror \u001b[1m', 5, null, ['nested'], { a: 1 }, { $bytes: 'YWI=' }] },
  { web1: 'The minion function caused an exception: Traceback (most recent call last):\n  File "x", line 1\nKeyError: 1' },
  { web1: '' },
  { web1: true },
  { web1: false },
  { web1: 5 },
  { web1: null },
  { web1: 1.5 },
  { web1: { $bytes: 'YWI=' } },
  { ...minion({}), web2: { [keyOf(0)]: state(0, { result: false }) }, db: [] },
  { web1: 'text', web2: ['error'], web3: minion({ changes: { a: 1 } })['web1'], web4: false },
  { local: inner },
  {},
  [],
  ['a'],
  'text',
  5,
  true,
  null,
  1.5,
  { return: minion({}) },
  { data: minion({}) },
  { return: { data: minion({}), outputter: 'highstate', retcode: 0 } },
  { data: minion({}), outputter: 'highstate', retcode: 2 },
  { web1: { jid: '1', fun: 'state.apply', return: { data: minion({}) } } },
  { web1: { jid: '1', fun: 'state.apply', return: minion({})['web1'] } },
  { web1: { jid: '1', fun: 'state.apply', return: ['error'] } },
  { web1: { jid: '1', fun: 'state.apply' } },
  { data: { m_master: inner }, outputter: 'highstate', retcode: 0 },
  { m_master: inner, retcode: 0 },
  { m_master: inner, other_master: inner, retcode: 0 },
  { m_master: inner, retcode: { [keyOf(0)]: state(0) } },
  { $map: [[1, inner]] },
  { m_master: { [keyOf(0, { fun: 'salt.state' })]: state(0, { changes: { out: 'highstate', ret: { web1: inner, web2: inner } } }) } },
  {
    m_master: {
      [keyOf(0, { fun: 'salt.state' })]: state(0, {
        result: false,
        changes: { out: 'highstate', ret: { web1: ['error'], web2: false, web3: 'text\ntwo' } },
      }),
    },
  },
  { m_master: { [keyOf(0, { fun: 'salt.state' })]: state(0, { changes: { out: 'highstate', ret: { web1: minion({})['web1'] } } }) } },
  { m_master: { [keyOf(0, { fun: 'salt.state' })]: state(0, { changes: { out: 'highstate', ret: {} } }) } },
  { m_master: { [keyOf(0, { fun: 'salt.state' })]: state(0, { changes: { out: 'highstate', ret: null } }) } },
  { m_master: { [keyOf(0, { fun: 'salt.state' })]: state(0, { changes: { out: 'highstate', ret: ['x'] } }) } },
  { m_master: { [keyOf(0, { fun: 'salt.function' })]: state(0, { changes: { ret: { web1: true, web2: { a: [1] } } } }) } },
  { m_master: { [keyOf(0, { fun: 'salt.function' })]: state(0, { changes: { out: 'nested', ret: { web1: 'x\ny' } } }) } },
  {
    m_master: {
      [keyOf(0, { fun: 'salt.runner' })]: state(0, {
        name: 'state.orch',
        changes: { return: { data: { m_master: inner }, retcode: 0, outputter: 'highstate' } },
      }),
    },
  },
  { m_master: { [keyOf(0, { fun: 'salt.runner' })]: state(0, { name: 'state.orchestrate', changes: { m_master: inner } }) } },
  { m_master: { [keyOf(0, { fun: 'salt.runner' })]: state(0, { name: 'state.sls', changes: {} }) } },
  { m_master: { [keyOf(0, { fun: 'salt.runner' })]: state(0, { name: 'state.orch', changes: 'text\nof two' }) } },
  {
    m_master: {
      [keyOf(0, { fun: 'salt.runner' })]: state(0, {
        name: 'state.orch',
        changes: { a_master: { [keyOf(0, { fun: 'salt.runner' })]: state(0, { name: 'state.orch', changes: { b_master: inner } }) } },
      }),
    },
  },
  {
    m_master: {
      [keyOf(0, { fun: 'salt.state' })]: state(0, {
        changes: { out: 'highstate', ret: { web1: { [keyOf(0)]: state(0, { changes: { out: 'highstate', ret: { deep: inner } } }) } } },
      }),
    },
  },
  named({}, {}, {}),
  named({ changes: { a: 1 } }, {}, { changes: { c: { d: 3 } } }),
  named({}, { changes: { b: 1 } }),
  named({ result: false }, {}, { result: false, changes: { x: 1 } }, { result: null }),
  named({ changes: { a: 1 }, duration: 1.111 }, { changes: { b: 2 }, duration: 2.2222 }, { changes: { a: 3 }, name: 'name0' }),
  named({ duration: '1 ms' }, { duration: '2 ms' }),
  named({ duration: 5 }, { duration: 7 }),
  named({ __sls__: 'a' }, { __sls__: 'b' }),
  named({ __sls__: undefined }, {}),
  named({ warnings: ['one'] }, { warnings: ['two'] }),
  { web1: named({}, {})['web1'], web2: named({ result: false }, { result: false })['web1'] },
];

const OUTPUTS = ['full', 'terse', 'mixed', 'changes', 'filter'];

const HALF_MERGED = 'what cannot be rolled into one is shown as it came; the real one leaves sums of durations in it';

/** Where ours prints otherwise on purpose, and why. */
export const differing: readonly { readonly why: string; readonly data: unknown }[] = [
  {
    why: 'an ESC character in the name of a minion reaches no terminal, in the summary neither',
    data: { ...minion({}), web2: { [keyOf(0)]: state(0, { result: false }) }, db: [], 'h\u001b[1m': { [keyOf(0)]: state(0) } },
  },
  { why: HALF_MERGED, data: named({ start_time: undefined }, {}) },
  { why: HALF_MERGED, data: named({ changes: ['x'] }, { changes: ['y'] }) },
  { why: HALF_MERGED, data: named({ changes: 'x' }, { changes: { y: 1 } }) },
  { why: HALF_MERGED, data: { web1: named({}, {})['web1'], web2: ['error'] } },
];

/** Each mode alone, then with what changes it. */
const OPTIONS: readonly Readonly<Record<string, unknown>>[] = [
  ...OUTPUTS.flatMap((mode) => [{ state_output: mode }, { state_output: `${mode}_id` }]),
  ...OUTPUTS.map((mode) => ({ state_output: mode, state_verbose: false })),
  ...OUTPUTS.map((mode) => ({ state_output: mode, state_compress_ids: true })),
  ...OUTPUTS.map((mode) => ({ state_output: mode, color: true })),
  ...OUTPUTS.map((mode) => ({ state_output: mode, state_output_profile: false, state_output_diff: true })),
  { state_output: 'FULL', state_output_pct: true },
  { state_output: 'terse_id', state_compress_ids: true, color: true, state_output_pct: true },
  { state_output: 'terse', state_tabular: true },
  { state_output: 'terse', state_tabular: true, color: true },
  { state_output: 'mixed', state_tabular: true, state_output_profile: false },
  { state_output: 'terse', state_tabular: '{0}{2}.{3} {4:>9}| {1:^30}|{6[result]!s:<7}{5}' },
  { state_output: 'terse', state_tabular: '{1!r:.10} {6[duration]:>8} {{}} {6[__run_num__]:03d}' },
  { state_output: 'terse', state_tabular: 'true' },
  { state_output: 'terse', state_tabular: '' },
  { state_output: 'filter', state_output_exclude: 'True,' },
  { state_output: 'filter', state_output_exclude: ['True', 'None'] },
  { state_output: 'filter', state_output_terse: 'True,None', state_output_exclude: 'False' },
  { state_output: 'filter', state_output_exclude: 'True', arg: ['web', { __kwarg__: true, exclude: 'False,', test: true }] },
  { state_output: 'filter_id', state_output_exclude: 'True', arg: [{ __kwarg__: true, terse: ['False'] }] },
  { state_output: 'filter', state_output_exclude: 'True', arg: [] },
  { state_output: 'nosuch' },
  { state_output: '' },
  { state_output: 'full', strip_colors: false },
  { state_output: 'full', force_color: true },
  { state_output: 'full', color: true, no_color: true },
  { state_output: 'full', color: true, output_indent: 8 },
  { state_output: 'full', state_output_pct: true, state_compress_ids: true, state_verbose: false },
];

export interface Cases {
  readonly data: readonly unknown[];
  readonly options: readonly Readonly<Record<string, unknown>>[];
}

export const outputterCases: Cases = { data: [...DATA, ...differing.map(({ data }) => data)], options: OPTIONS };
