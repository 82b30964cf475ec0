"""Runs a minion's custom Python modules; started by python.ts of the same folder, never by hand.

The process imports all modules once, then waits. Each job runs in a child forked from it: forking a warm
process takes a millisecond or two, and whatever a module does there - hang, os._exit, leak, change a global -
ends with the child, while the minion, this process and the other jobs go on. The price is that a module cannot
keep anything in memory from one job to the next; real Salt's minion, which forks per job, has the same rule.

Frames are a big-endian length of 4 bytes and msgpack. They travel on sockets of their own, so that what a
module prints can never damage them: file descriptor 3 leads to the minion, and each child opens a socket to it.
"""

import collections
import collections.abc
import datetime
import functools
import gc
import importlib.util
import inspect
import os
import re
import select
import signal
import socket
import struct
import sys
import traceback
import types

DEEPEST = 500
# Packing takes three calls a level.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 4 * DEEPEST + 1000))
LOADED = "salt.loaded.ext."


# --- msgpack -------------------------------------------------------------------------------------------


class NotReturnable(Exception):
    """A value that has no msgpack form; `steps` lead to it, the innermost first."""

    def __init__(self, why):
        super().__init__(why)
        self.steps = []

    def path(self):
        return "return" + "".join(reversed(self.steps))


def refuse(value, why):
    try:
        text = repr(value)
    except Exception:  # a broken __repr__ must not hide what is wrong
        text = "<no text form>"
    return NotReturnable("%s: %s" % (why, text if len(text) <= 200 else text[:200] + "..."))


def pack(value):
    out = bytearray()
    write(out, value, [])
    return bytes(out)


def write(out, value, parents):
    if value is None:
        out.append(0xC0)
    elif isinstance(value, bool):
        out.append(0xC3 if value else 0xC2)
    elif isinstance(value, int):
        write_int(out, value)
    elif isinstance(value, str):
        write_text(out, value)
    elif isinstance(value, float):
        out += struct.pack(">Bd", 0xCB, value)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        out += struct.pack(">BI", 0xC6, len(data)) + data
    elif isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        write_text(out, str(value))
    else:
        write_container(out, value, parents)


def write_int(out, value):
    if 0 <= value < 0x80:
        out.append(value)
    elif -(2**63) <= value < 2**63:
        out += struct.pack(">Bq", 0xD3, value)
    elif 0 <= value < 2**64:
        out += struct.pack(">BQ", 0xCF, value)
    else:
        write_text(out, str(value))


def write_text(out, value):
    try:
        data = value.encode("utf-8")
    except UnicodeEncodeError:
        raise refuse(value, "it is text with bytes that are not Unicode") from None
    if len(data) < 32:
        out.append(0xA0 | len(data))
    else:
        out += struct.pack(">BI", 0xDB, len(data))
    out += data


def write_container(out, value, parents):
    if any(parent is value for parent in parents):
        raise refuse(value, "it contains itself")
    if len(parents) >= DEEPEST:
        raise NotReturnable("it is nested more than %d levels deep" % DEEPEST)
    if isinstance(value, types.GeneratorType):
        value = list(value)
    parents.append(value)
    if isinstance(value, (list, tuple, set, frozenset, collections.deque, range)):
        write_list(out, value, parents)
    elif isinstance(value, collections.abc.Mapping):
        write_map(out, value, parents)
    elif isinstance(value, collections.abc.MappingView):
        write_list(out, list(value), parents)
    else:
        raise refuse(value, "it is an object of the class %s" % type(value).__name__)
    parents.pop()


def write_list(out, items, parents):
    out += struct.pack(">BI", 0xDD, len(items))
    for index, item in enumerate(items):
        try:
            write(out, item, parents)
        except NotReturnable as error:
            error.steps.append("[%d]" % index)
            raise


def write_map(out, value, parents):
    out += struct.pack(">BI", 0xDF, len(value))
    for key, item in value.items():
        if key is not None and not isinstance(key, (str, int, float, bytes)):
            raise refuse(key, "it has a key that is not text, a number, a boolean or None")
        write(out, key, parents)
        try:
            write(out, item, parents)
        except NotReturnable as error:
            error.steps.append(".%s" % key if isinstance(key, str) and re.match(r"^[\w-]+$", key) else "[%r]" % (key,))
            raise


def unpack(data):
    value, _ = read(data, 0)
    return value


SCALARS = {0xC0: None, 0xC2: False, 0xC3: True}
NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
LENGTHS = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I"}


def read(data, at):
    code = data[at]
    at += 1
    if code < 0x80:
        return code, at
    if code >= 0xE0:
        return code - 0x100, at
    if code < 0x90:
        return read_map(data, at, code & 0x0F)
    if code < 0xA0:
        return read_list(data, at, code & 0x0F)
    if code < 0xC0:
        return read_text(data, at, code & 0x1F)
    if code in SCALARS:
        return SCALARS[code], at
    if code in NUMBERS:
        return struct.unpack_from(NUMBERS[code], data, at)[0], at + struct.calcsize(NUMBERS[code])
    if code not in LENGTHS:
        raise ValueError("the minion sent a msgpack type that is not known here: 0x%02x" % code)
    length = struct.unpack_from(LENGTHS[code], data, at)[0]
    at += struct.calcsize(LENGTHS[code])
    if code <= 0xC6:
        return bytes(data[at : at + length]), at + length
    return (read_text if code <= 0xDB else read_list if code <= 0xDD else read_map)(data, at, length)


def read_text(data, at, length):
    return bytes(data[at : at + length]).decode("utf-8"), at + length


def read_list(data, at, length):
    items = []
    for _ in range(length):
        item, at = read(data, at)
        items.append(item)
    return items, at


def read_map(data, at, length):
    made = {}
    for _ in range(length):
        key, at = read(data, at)
        made[key], at = read(data, at)
    return made, at


class Channel:
    """One socket to the minion."""

    def __init__(self, sock):
        self.sock = sock

    def send(self, message):
        self.send_packed(pack(message))

    def send_packed(self, frame):
        self.sock.sendall(struct.pack(">I", len(frame)) + frame)

    def receive(self):
        """The next message; None when the minion is gone."""
        head = self._exactly(4)
        body = head and self._exactly(struct.unpack(">I", head)[0])
        return None if body is None else unpack(body)

    def _exactly(self, count):
        parts = bytearray()
        while len(parts) < count:
            part = self.sock.recv(min(count - len(parts), 1 << 20))
            if not part:
                return None
            parts += part
        return bytes(parts)

    def ask(self, message):
        self.send(message)
        answer = self.receive()
        if answer is None:
            raise SystemExit("the minion has gone")
        return answer


# --- what modules see ----------------------------------------------------------------------------------


def exceptions():
    """Salt's exceptions, by the names modules raise them under; stand-ins where Salt's package is not installed."""
    try:
        import salt.exceptions as known
    except ImportError:
        known = types.ModuleType("salt.exceptions")
        known.SaltException = type("SaltException", (Exception,), {})
        for name in ("CommandExecutionError", "CommandNotFoundError", "SaltInvocationError", "SaltClientError", "MinionError"):
            setattr(known, name, type(name, (known.SaltException,), {}))
        package = types.ModuleType("salt")
        package.__path__ = []
        package.exceptions = known
        sys.modules["salt"] = package
        sys.modules["salt.exceptions"] = known
    return known


class Functions(collections.abc.Mapping):
    """`__salt__`: functions of Python modules are called here, all others in the minion."""

    def __init__(self, host):
        self.host = host
        self.known = {}

    def __getitem__(self, name):
        if name in self.host.functions:
            return self.host.functions[name]
        if name not in self.known:
            self.known[name] = self.host.channel.ask({"op": "has", "fun": name})["value"]
        if not self.known[name]:
            raise KeyError(name)
        return functools.partial(self.host.call_minion, name)

    def __iter__(self):
        return iter(self.host.channel.ask({"op": "names"})["value"])

    def __len__(self):
        return len(list(iter(self)))

    def __getattr__(self, module):
        if module.startswith("_"):
            raise AttributeError(module)
        return Attributes(self, module)


class Attributes:
    """`__salt__.cmd.run` as another way to write `__salt__['cmd.run']`."""

    def __init__(self, functions, module):
        self._functions = functions
        self._module = module

    def __getattr__(self, name):
        return self._functions["%s.%s" % (self._module, name)]


class Host:
    def __init__(self, channel):
        self.channel = channel
        self.functions = {}
        self.outputs = {}
        self.known = exceptions()
        self.grains, self.pillar, self.opts, self.context, self.utilities = {}, {}, {}, {}, {}
        self.dunders = {
            "__salt__": Functions(self),
            "__grains__": self.grains,
            "__pillar__": self.pillar,
            "__opts__": self.opts,
            "__context__": self.context,
            "__utils__": self.utilities,
            "__proxy__": {},
            "__salt_loader__": None,
            "__file_client__": None,
        }

    def call_minion(self, name, *args, **kwargs):
        answer = self.channel.ask({"op": "call", "fun": name, "args": args, "kwargs": kwargs})
        if answer.get("ok"):
            return answer["value"]
        kind = answer["kind"]
        plain = {"TypeError": TypeError, "KeyError": KeyError}
        raise (plain.get(kind) or getattr(self.known, kind, None) or self.known.MinionError)(answer["message"])

    def set_context(self, message):
        for name in ("grains", "pillar", "opts"):
            target = getattr(self, name)
            target.clear()
            target.update(message[name] or {})

    # --- finding -----------------------------------------------------------------------------------

    def load(self, message):
        skip = set(message["skip"])
        for name, path in sources(os.path.join(message["directory"], "utils")):
            module = self.import_file("utils", name, path, skip)
            if isinstance(module, types.ModuleType):
                for fun, function in public(module):
                    self.utilities["%s.%s" % (name, fun)] = function
        found = [self.load_module(name, path, skip) for name, path in sources(os.path.join(message["directory"], "modules"))]
        self.channel.send({"op": "loaded", "modules": found})

    def load_module(self, name, path, skip):
        module = self.import_file("modules", name, path, skip)
        if not isinstance(module, types.ModuleType):
            return {"name": name, "reason": module}
        try:
            serves, virtual = virtual_name(module, name)
        except BaseException as error:
            return {"name": name, "reason": "its __virtual__ failed: %s: %s" % (type(error).__name__, error)}
        if not serves:
            return {"name": name, "reason": virtual}
        outputs = getattr(module, "__outputter__", {})
        described = []
        for fun, function in public(module):
            self.functions["%s.%s" % (virtual, fun)] = function
            described.append(describe(fun, function, outputs))
        return {"name": virtual, "functions": described}

    def import_file(self, kind, name, path, skip):
        """The module, or the reason why there is none. The minion is told first, in case the import never ends."""
        place = "%s/%s" % (kind, name)
        if place in skip:
            return "importing it ended or stopped the Python process"
        self.channel.send({"op": "importing", "place": place})
        full = "%s%s.%s" % (LOADED, kind, name)
        spec = importlib.util.spec_from_file_location(full, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        vars(module).update(self.dunders)
        try:
            spec.loader.exec_module(module)
        except BaseException as error:
            del sys.modules[full]
            return "it cannot be imported: %s: %s" % (type(error).__name__, error)
        return module

    # --- running -----------------------------------------------------------------------------------

    def run(self, message):
        """In the child: answers one job, and never returns."""
        frame = None
        try:
            self.channel = Channel(socket.socket(socket.AF_UNIX))
            self.channel.sock.connect(message["socket"])
            self.channel.send({"op": "hello", "id": message["id"], "token": message["token"]})
            if message["testing"]:
                self.opts["test"] = True
            value = self.grain_values(message) if message["fun"] is None else self.value_of(message)
            frame = b"\x83" + b"".join(map(pack, ("op", "result", "retcode", self.context.get("retcode"), "value"))) + pack(value)
            if len(frame) > message["limit"]:
                raise NotReturnable("it takes %d bytes, more than the limit of %d" % (len(frame), message["limit"]))
        except NotReturnable as error:
            frame = pack({"op": "error", "kind": "NotReturnable", "path": error.path(), "message": str(error), "traceback": ""})
        except BaseException as error:
            frame = pack(failure(error))
        self.channel.send_packed(frame)

    def value_of(self, message):
        value = self.functions[message["fun"]](*message["args"], **message["kwargs"])
        if not isinstance(value, types.GeneratorType):
            return value
        items = list(value)
        if items and all(isinstance(item, dict) for item in items):
            return {key: item for part in items for key, item in part.items()}
        return items

    def grain_values(self, message):
        """All grains of the `grains` folder; a function that fails leaves out its own."""
        values, errors = {}, []
        for name, path in sources(os.path.join(message["directory"], "grains")):
            module = self.import_file("grains", name, path, set())
            if not isinstance(module, types.ModuleType):
                errors.append("%s: %s" % (name, module))
                continue
            for fun, function in public(module) if virtual_name(module, name)[0] else []:
                try:
                    offered = {"grains": dict(self.grains, **values), "proxy": None}
                    wanted = {key: offered[key] for key in inspect.signature(function).parameters if key in offered}
                    found = function(**wanted)
                    pack(found)
                    values.update(found if isinstance(found, dict) else {})
                except Exception as error:
                    errors.append("%s.%s: %s: %s" % (name, fun, type(error).__name__, error))
        return {"grains": values, "errors": errors}


def sources(directory):
    """Names and files of the modules in a folder, sorted; packages are modules, too."""
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return
    for entry in names:
        path = os.path.join(directory, entry)
        if entry.startswith(("_", ".")):
            continue
        if entry.endswith(".py"):
            yield entry[:-3], path
        elif os.path.isfile(os.path.join(path, "__init__.py")):
            yield entry, os.path.join(path, "__init__.py")


def public(module):
    """The functions a module offers, by the names it offers them under; what it imported is not its own."""
    names = getattr(module, "__load__", None) or getattr(module, "__all__", None) or dir(module)
    aliases = getattr(module, "__func_alias__", {})
    for name in names:
        function = getattr(module, name, None)
        is_function = inspect.isfunction(function) or isinstance(function, functools.partial)
        own = getattr(function, "__module__", LOADED) or ""
        if is_function and not name.startswith("_") and (own.startswith(LOADED) or isinstance(function, functools.partial)):
            yield aliases.get(name, name), function


def virtual_name(module, name):
    """Whether a module serves here, and its virtual name or the reason why not."""
    check = getattr(module, "__virtual__", None)
    if check is None:
        return True, name
    answer = check()
    if isinstance(answer, tuple):
        answer, reason = (answer + ("",))[:2]
        if not answer:
            return False, str(reason)
    if not answer:
        return False, ""
    return True, answer if isinstance(answer, str) else getattr(module, "__virtualname__", name)


RST = (
    (r" *\.\. code-block:: \S+\n{1,2}", ""),
    (r"\.\. note::", "Note:"),
    (r"\.\. warning::", "Warning:"),
    (r"\.\. versionadded::", "New in version"),
    (r"\.\. versionchanged::", "Changed in version"),
)


def describe(name, function, outputs):
    doc = function.__doc__ or ""
    for pattern, replacement in RST:
        doc = re.sub(pattern, replacement, doc)
    args, defaults, varargs, kwargs = [], [], False, False
    for parameter in inspect.signature(inspect.unwrap(function)).parameters.values():
        varargs = varargs or parameter.kind == parameter.VAR_POSITIONAL
        kwargs = kwargs or parameter.kind == parameter.VAR_KEYWORD
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        args.append(parameter.name)
        if parameter.default is not parameter.empty:
            defaults.append(returnable(parameter.default))
    out = outputs.get(getattr(function, "__name__", name))
    return {"name": name, "doc": doc, "args": args, "defaults": defaults, "varargs": varargs, "kwargs": kwargs, "out": out}


def returnable(value):
    try:
        pack(value)
        return value
    except NotReturnable:
        return repr(value)


TOLD_APART = ("CommandExecutionError", "CommandNotFoundError", "SaltInvocationError", "SaltClientError", "TypeError")


def failure(error):
    """An exception as the minion reports it. The first frames are this file's own and tell nobody anything."""
    names = [kind.__name__ for kind in type(error).__mro__]
    kind = next((name for name in TOLD_APART if name in names), names[0])
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__ and trace.tb_next is not None:
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace)).rstrip("\n")
    message = "it called sys.exit(%s)" % error.code if isinstance(error, SystemExit) else str(error)
    safe = [part.encode("utf-8", "backslashreplace").decode() for part in (message, text)]
    return {"op": "error", "kind": kind, "message": safe[0], "traceback": safe[1]}


# --- the process ---------------------------------------------------------------------------------------


def start_job(host, message, control):
    pid = os.fork()
    if pid:
        control.send({"op": "started", "id": message["id"], "pid": pid})
        return pid
    # A session of its own, so that the minion can end the job with all that it started.
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    control.sock.close()
    status = 1
    try:
        host.run(message)
        status = 0
    finally:
        # Not sys.exit: the handlers at exit belong to the parent.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def reap(jobs, control):
    while jobs:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        if pid in jobs:
            code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            control.send({"op": "exited", "id": jobs.pop(pid), "status": code})


def serve():
    control = Channel(socket.socket(fileno=3))
    host = Host(control)
    jobs = {}
    woken, waker = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([control.sock, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            reap(jobs, control)
        if control.sock not in ready:
            continue
        message = control.receive()
        if message is None:
            break
        if message["op"] == "context":
            host.set_context(message)
        elif message["op"] == "load":
            host.load(message)
            # What is frozen stays shared with the children: their collector does not write to it.
            getattr(gc, "freeze", gc.collect)()
        elif message["op"] == "run":
            jobs[start_job(host, message, control)] = message["id"]
    leave(jobs)


def leave(jobs):
    """The minion has gone, perhaps without a farewell: nothing of ours may stay behind."""
    for pid in jobs:
        try:
            os.killpg(pid, signal.SIGTERM)
        except OSError:
            pass  # it has ended meanwhile
    try:
        os.unlink(sys.argv[1])
        os.rmdir(os.path.dirname(sys.argv[1]))
    except OSError:
        pass  # the minion has removed them itself


if __name__ == "__main__":
    serve()
