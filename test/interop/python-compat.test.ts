import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { realSalt } from '../support/salt.ts';

const COMPAT = resolve('kernel/loader/hosts/python/worker/compat');
const dir = mkdtempSync(join(tmpdir(), 'tsalt-compat-'));
after(() => rmSync(dir, { recursive: true }));
writeFileSync(join(dir, 'text'), 'a line\n');
writeFileSync(join(dir, 'binary'), Buffer.from([0, 1, 2]));

/** What custom modules do with Salt's package, as expressions. */
const EXPRESSIONS = [
  'salt.utils.files.is_text(DIR + "/text"), salt.utils.files.is_text(DIR + "/binary"), salt.utils.files.is_empty(DIR + "/text")',
  'salt.utils.files.normalize_mode(644), salt.utils.files.normalize_mode("0755"), salt.utils.files.normalize_mode("1777")',
  'salt.utils.files.fopen(DIR + "/text").read()',
  'salt.utils.path.join("/a", "b", "c"), salt.utils.path.join("/a", "/b"), salt.utils.path.which("sh") is not None, salt.utils.path.which("no-such-program")',
  'salt.utils.path.which_bin(["no-such-program"])',
  'salt.utils.stringutils.to_bytes("ü"), salt.utils.stringutils.to_str(b"abc"), salt.utils.stringutils.to_unicode(b"\\xc3\\xbc"), salt.utils.stringutils.to_num("5"), salt.utils.stringutils.to_num("5.5"), salt.utils.stringutils.to_num("x")',
  'salt.utils.stringutils.human_to_bytes("10G"), salt.utils.stringutils.human_to_bytes("1.5KiB"), salt.utils.stringutils.human_to_bytes("2KB", handle_metric=True)',
  'salt.utils.stringutils.is_quoted("\'a\'"), salt.utils.stringutils.dequote("\'a\'"), salt.utils.stringutils.is_hex("ff"), salt.utils.stringutils.expr_match("web1", "web*"), salt.utils.stringutils.check_whitelist_blacklist("a", blacklist=["a"])',
  'salt.utils.args.clean_kwargs(a=1, __pub_jid=2), salt.utils.args.split_input("a, b"), salt.utils.args.split_input(["a"]), salt.utils.args.test_mode(test=True), salt.utils.args.shlex_split("a \'b c\'")',
  'list(salt.utils.args.get_function_argspec(lambda a, b=1, *c, **d: 0))',
  'salt.utils.dictupdate.update({"a": {"b": 1}}, {"a": {"c": 2}}), salt.utils.dictupdate.merge({"a": [1]}, {"a": [2]}, merge_lists=True), salt.utils.dictupdate.merge({"a": {"b": 1}}, {"a": {"c": 2}}, strategy="overwrite")',
  'salt.utils.dictupdate.set_dict_key_value({}, "a:b", 1), salt.utils.dictupdate.append_dict_key_value({}, "a:b", 1), salt.utils.dictupdate.ensure_dict_key({}, "a:b")',
  'salt.utils.json.loads("{\\"a\\": 1}"), salt.utils.json.dumps({"a": "ü"})',
  'salt.utils.yaml.safe_load("a: [1, x]"), salt.utils.yaml.safe_dump({"a": [1]}, default_flow_style=False)',
  'salt.utils.data.traverse_dict_and_list({"a": [{"b": 1}]}, "a:0:b"), salt.utils.data.traverse_dict_and_list({"a": [{"b": 1}]}, "a:b"), salt.utils.data.traverse_dict_and_list({}, "x", 5), salt.utils.data.traverse_dict({"a": {"b": 2}}, "a:b")',
  'salt.utils.data.repack_dictlist([{"a": 1}, {"b": 2}]), salt.utils.data.is_dictlist([{"a": 1}]), salt.utils.data.is_true("yes"), salt.utils.data.is_true("True"), salt.utils.data.is_true(1)',
  'salt.utils.data.compare_dicts({"a": 1, "b": 2}, {"a": 1, "b": 3}), salt.utils.data.compare_lists([1, 2], [2, 3]), salt.utils.data.flatten([1, [2, [3]]])',
  'salt.utils.data.filter_by({"Debian": {"p": 1}, "default": {"p": 2}}, "os_family", {"os_family": "Debian"}), salt.utils.data.subdict_match({"a": {"b": "c"}}, "a:b:c")',
  'salt.utils.versions.version_cmp("1.2", "1.10"), salt.utils.versions.version_cmp("1:1", "2"), salt.utils.versions.compare("1.0", "<", "2.0"), salt.utils.versions.LooseVersion("1.10") > salt.utils.versions.LooseVersion("1.9")',
  'salt.utils.platform.is_linux(), salt.utils.platform.is_windows(), salt.utils.platform.is_darwin()',
  'salt.utils.hashutils.md5_digest("a"), salt.utils.hashutils.sha256_digest("a"), salt.utils.hashutils.base64_b64encode("abc"), salt.utils.hashutils.base64_b64decode("YWJj"), salt.utils.hashutils.get_hash(DIR + "/text")',
  'salt.utils.user.get_user(), salt.utils.user.get_uid("root"), salt.utils.user.get_gid("root"), salt.utils.user.get_group_list("root")',
  'salt.utils.network.is_ip("::1"), salt.utils.network.is_ipv4("1.2.3.4"), salt.utils.network.is_ipv6("1.2.3.4"), salt.utils.network.in_subnet("10.0.0.0/8", ["10.1.1.1"]), salt.utils.network.cidr_to_ipv4_netmask(20)',
  'salt.utils.url.parse("salt://a/b?saltenv=dev"), salt.utils.url.create("a"), salt.utils.url.redact_http_basic_auth("https://u:p@h/x")',
  'str(salt.exceptions.CommandExecutionError("why")), issubclass(salt.exceptions.SaltInvocationError, TypeError)',
  'salt.defaults.exitcodes.EX_OK, salt.defaults.exitcodes.EX_USAGE, salt.defaults.exitcodes.EX_STATE_FAILURE, salt.defaults.exitcodes.EX_PILLAR_FAILURE',
];

const SCRIPT = `
import importlib, json, sys
DIR = sys.argv[1]
names = "files path stringutils args dictupdate json yaml data platform versions hashutils user network url http odict decorators decorators.path".split()
for name in ["salt.utils." + name for name in names] + ["salt.exceptions", "salt.defaults.exitcodes"]:
    importlib.import_module(name)
import salt
found = {}
for expression in json.load(sys.stdin):
    found[expression] = repr(eval(expression))
print(json.dumps(found))
`;
const evaluate = (python: string, env: Record<string, string>): Record<string, string> => {
  const input = JSON.stringify(EXPRESSIONS);
  const { stdout, stderr, status } = spawnSync(python, ['-W', 'ignore', '-B', '-c', SCRIPT, dir], {
    input,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Record<string, string>;
};

const bin = realSalt();
test("what modules import of Salt's package answers as the real one does", { skip: bin === undefined }, () => {
  // The interpreter and PyYAML of the real Salt, so that nothing but the package differs.
  const real = evaluate(join(bin ?? '', 'python3'), {});
  const ours = evaluate(join(bin ?? '', 'python3'), { PYTHONPATH: COMPAT });
  assert.deepEqual(ours, real);
});
