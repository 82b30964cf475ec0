import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';
import { realSalt } from '../support/salt.ts';

const real = realSalt() === undefined ? [] : ['real'];
interface Ran {
  readonly jid: string;
  readonly minions: Readonly<Record<string, { status: string; message: string; data: unknown }>>;
}

let house: House;
before(async () => {
  house = await House.open('tsalt', { plugins_builtin: true });
  for (const [path, content] of Object.entries(FILES)) house.serve(`_plugins/${path}`, content);
  await house.startMaster();
  house.addMinion('tsalt', 'ours');
  for (const id of real) house.addMinion('salt', id);
  await house.answering('ours', ...real);
});
after(async () => await house[Symbol.asyncDispose]());

const FILES = {
  'greet/meta.yaml': 'title: Greeting\nchanges: true\nversion: 0.1\n',
  'greet/form.yaml': '- {name: whom, required: true}\n- {name: word, type: secret}\n- {name: times, type: int, default: 1, max: 3}\n',
  'greet/result.html': '<p class="ok">{{ message }}</p><ul>{% for one in data.list %}<li onclick="x()">{{ one }}</li>{% endfor %}</ul>\n',
  'greet/greet.py': `
def run(parameters=None, secrets=None):
    text = "hello {whom}".format(**parameters)
    data = {"list": [text] * parameters["times"], "length": len((secrets or {}).get("word", ""))}
    return {"status": "OK", "message": text, "data": data, "metrics": {"greetings": parameters["times"]}}
`,
  'wrong/meta.yaml': '',
  'wrong/wrong.js': "export const run = () => ({ status: 'fine', message: '' });\n",
  'fails/meta.yaml': 'changes: false\n',
  'fails/fails.py': 'def run(parameters=None):\n    return 1 / 0\n',
  'often/meta.yaml': 'changes: false\nschedule: 10\n',
  'often/often.py': 'def run(parameters=None):\n    return {"status": "warning", "message": "as always", "data": None}\n',
};

test('a Python plugin comes to minions by itself and runs on each make, from the command line', async () => {
  const args = ["parameters={whom: '<b>you</b>', times: 2}", 'secrets={word: geheim}'];
  const { jid, minions } = await house.runner<Ran>('plugins.run', 'greet', '*', ...args);
  for (const id of ['ours', ...real]) {
    const text = 'hello <b>you</b>';
    assert.deepEqual(minions[id], { status: 'OK', message: text, data: { list: [text, text], length: 6 } }, id);
  }
  assert.deepEqual(Object.keys(minions).sort(), ['ours', ...real]);
  const second = (await house.runner<Ran>('plugins.run', 'greet', 'ours', 'parameters={whom: me}')).jid;
  const page = await house.runner<{ html: string }>('plugins.result', second, 'ours');
  assert.equal(page.html.trim(), '<p class="ok">hello me</p><ul><li>hello me</li></ul>');
  const history = await house.runner<{ jid: string; message: string }[]>('plugins.history', 'greet', 'ours');
  assert.deepEqual(
    history.map(({ message }) => message),
    ['hello me', 'hello <b>you</b>'],
  );
  const stored = JSON.stringify(await house.runner('jobs.list_job', jid));
  assert.doesNotMatch(stored, /geheim/);
});

test('the plugins that ship run on both makes where they are Python, and tell metrics', async () => {
  const { minions } = await house.runner<Ran>('plugins.check', 'disk', '*', 'parameters={warning: 1, error: 100}');
  for (const id of ['ours', ...real]) assert.match(minions[id]?.message ?? '', / is \d+ % full|no file systems/, id);
  const updates = await house.runner<Ran>('plugins.check', 'updates', '*');
  assert.match(JSON.stringify(updates.minions['ours']), /packages have updates|up to date/);
  for (const id of real) assert.match(updates.minions[id]?.message ?? '', /plugin_updates\.run' is not available/);
  const points = async (): Promise<readonly (number | null)[]> => {
    const { series } = await house.runner<{ series: { points: (number | null)[] }[] }>(
      'metrics.query',
      'greetings',
      'minion=ours',
      'from=-600',
    );
    return series.flatMap((one) => one.points);
  };
  await until('the metrics are kept', async () => (await points()).some((point) => point !== null));
});

test('a wrong return, an exception and a wrong parameter are told as what they are', async () => {
  const wrong = await house.runner<Ran>('plugins.run', 'wrong', 'ours');
  assert.match(wrong.minions['ours']?.message ?? '', /return\.status: "fine" is none of OK, warning, error/);
  const failed = await house.runner<Ran>('plugins.check', 'fails', 'ours');
  assert.match(failed.minions['ours']?.message ?? '', /ZeroDivisionError/);
  const refused = await house.tool('run', ['plugins.run', 'greet', 'ours', 'parameters={times: 9, word: x}']);
  assert.match(refused.stdout, /word: this is a secret.*whom: this is required.*times: at most 3 is expected/);
  const row = await house.runner<{ status: string; status_message: string }>('fleet.minion', 'ours');
  assert.equal(row.status, 'error');
});

test('one with a schedule runs by itself, and its status outlives the master', async () => {
  const status = async () => await house.runner<{ plugin: string; message: string; status: string }[]>('plugins.status', 'minion=ours');
  await until('often has run', async () => (await status()).some(({ plugin }) => plugin === 'often'), 60);
  const before = (await status()).filter(({ plugin }) => plugin === 'greet');
  const off = await house.tool('run', ['wheel.plugin.configure', 'name=often', 'enabled=False']);
  assert.equal(off.code, 0, off.stderr);
  await house.master.stop();
  await house.startMaster();
  assert.deepEqual(
    (await status()).filter(({ plugin }) => plugin === 'greet'),
    before,
  );
  const list = await house.runner<{ name: string; mode: string }[]>('plugins.list');
  assert.equal(list.find(({ name }) => name === 'often')?.mode, 'disabled');
});
