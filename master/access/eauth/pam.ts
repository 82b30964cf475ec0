import { spawn } from 'node:child_process';
import { TsaltError } from '../../../protocol/errors.ts';
import type { Backend } from './backend.ts';

/**
 * Accounts of the operating system, by PAM (Salt's `auth/pam.py`): service `auth.pam.service` (login), never root; groups are
 * those of the system. Node has no PAM, so python3 (`auth.pam.python`) calls libpam; what it needs comes through a pipe.
 */
export const pam = (setting: (name: string) => unknown): Backend => ({
  name: 'pam',
  prove: async ({ username, password }) => {
    if (username === 'root' || /[\0\n:]/.test(username) || password.includes('\0')) return undefined;
    const service = textOf(setting('auth.pam.service')) ?? 'login';
    const python = textOf(setting('auth.pam.python')) ?? 'python3';
    const said = await asked(python, JSON.stringify({ username, password, service }));
    const told = said === '' ? undefined : (JSON.parse(said) as { readonly ok: boolean; readonly groups?: readonly string[] });
    if (told === undefined)
      throw new TsaltError('not-provided', `${python} could not ask PAM: python3 and libpam are needed on the machine of the master`);
    return told.ok ? { groups: told.groups ?? [] } : undefined;
  },
});

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const TIMEOUT_MS = 30_000;

async function asked(python: string, input: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = spawn(python, ['-I', '-c', PROGRAM], { stdio: ['pipe', 'pipe', 'ignore'], timeout: TIMEOUT_MS });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (cause) => reject(new TsaltError('not-provided', `PAM needs ${python} on the machine of the master`, { cause })));
    child.stdin.on('error', () => undefined); // it ended early; 'close' tells
    child.on('close', () => resolve(output.trim()));
    child.stdin.end(input);
  });
}

/**
 * Answers the prompts that hide their answer with the password and all others with the name, then asks whether the account
 * may be used. libpam frees the answers, so they are made by libc.
 */
const PROGRAM = `
import ctypes as c, ctypes.util as u, grp, json, os, pwd, sys
given = json.load(sys.stdin)
user, word = given["username"].encode(), given["password"].encode()
class Message(c.Structure):
    _fields_ = [("style", c.c_int), ("text", c.c_char_p)]
class Response(c.Structure):
    _fields_ = [("text", c.c_void_p), ("code", c.c_int)]
Talk = c.CFUNCTYPE(c.c_int, c.c_int, c.POINTER(c.POINTER(Message)), c.POINTER(c.c_void_p), c.c_void_p)
class Conversation(c.Structure):
    _fields_ = [("talk", Talk), ("data", c.c_void_p)]
libc, libpam = c.CDLL(u.find_library("c")), c.CDLL(u.find_library("pam"))
libc.calloc.restype = libc.strdup.restype = c.c_void_p
libc.calloc.argtypes, libc.strdup.argtypes = [c.c_size_t, c.c_size_t], [c.c_char_p]
libpam.pam_start.argtypes = [c.c_char_p, c.c_char_p, c.POINTER(Conversation), c.POINTER(c.c_void_p)]
for name in ("pam_authenticate", "pam_acct_mgmt", "pam_end"):
    getattr(libpam, name).argtypes = [c.c_void_p, c.c_int]
def talk(count, messages, answers, data):
    block = libc.calloc(count, c.sizeof(Response))
    answers[0] = block
    made = c.cast(block, c.POINTER(Response))
    for at in range(count):
        style = messages[at].contents.style
        if style in (1, 2):
            made[at].text = libc.strdup(word if style == 1 else user)
    return 0
conversation, handle = Conversation(Talk(talk), None), c.c_void_p()
ok = libpam.pam_start(given["service"].encode(), user, c.byref(conversation), c.byref(handle)) == 0
if ok:
    code = libpam.pam_authenticate(handle, 0)
    if code == 0:
        code = libpam.pam_acct_mgmt(handle, 0)
    libpam.pam_end(handle, code)
    ok = code == 0
groups = []
if ok:
    try:
        entry = pwd.getpwnam(given["username"])
        for gid in os.getgrouplist(given["username"], entry.pw_gid):
            try:
                groups.append(grp.getgrgid(gid).gr_name)
            except KeyError:
                pass
    except KeyError:
        pass
print(json.dumps({"ok": ok, "groups": groups}))
`;
