"""Loads the modules of a minion, and answers one job in each child."""

import importlib.util
import inspect
import os
import socket
import sys
import types

import salt.exceptions
from tsalt_host import fallback, states
from tsalt_host.channel import Channel
from tsalt_host.codec import NotReturnable, pack
from tsalt_host.failure import failure
from tsalt_host.files import LOADED, describe, public, sources, virtual_name
from tsalt_host.names import Functions, States, Utilities
from tsalt_host.rendering import rendered

# Utilities first: the others use them while they are imported.
KINDS = ("utils", "modules", "states", "returners", "beacons")


class Host:
    def __init__(self, channel):
        self.channel = channel
        self.pid = os.getpid()
        self.directory = ""
        self.skip = set()
        # Files not imported yet, by kind and name.
        self.waiting = {kind: {} for kind in KINDS}
        self.functions = {kind: {} for kind in KINDS}
        self.modules = {kind: [] for kind in KINDS}
        self.described = {kind: {} for kind in KINDS}
        self.known = salt.exceptions
        self.fallback = None
        self.grains, self.pillar, self.opts, self.context = {}, {}, {}, {}
        self.dunders = {
            "__salt__": Functions(self),
            "__grains__": self.grains,
            "__pillar__": self.pillar,
            "__opts__": self.opts,
            "__orig_opts__": self.opts,
            "__context__": self.context,
            "__utils__": Utilities(self),
            "__proxy__": {},
            "__salt_loader__": None,
            "__file_client__": None,
        }
        self.states = States(self)

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

    # --- loading -----------------------------------------------------------------------------------

    def load(self, message):
        self.directory, self.skip = message["directory"], set(message["skip"])
        self.waiting = {kind: dict(self.files(kind)) for kind in KINDS}
        for kind in KINDS:
            for name in list(self.waiting[kind]):
                self.load_file(kind, name)
        self.channel.send({"op": "loaded", "kinds": {kind: list(self.described[kind].values()) for kind in KINDS}})

    def files(self, kind):
        return sources(os.path.join(self.directory, kind))

    def load_file(self, kind, name):
        """Imports one module unless that is done or under way, and keeps its functions and their description."""
        path = self.waiting[kind].pop(name, None)
        if path is not None:
            self.described[kind][name] = self.loaded(kind, name, path)

    def loaded(self, kind, name, path):
        module = self.import_file(kind, name, path)
        if not isinstance(module, types.ModuleType):
            return {"name": name, "reason": module}
        try:
            serves, virtual = virtual_name(module, name)
        except BaseException as error:
            return {"name": name, "reason": "its __virtual__ failed: %s: %s" % (type(error).__name__, error)}
        if not serves:
            return {"name": name, "reason": virtual}
        outputs = getattr(module, "__outputter__", {})
        self.modules[kind].append(module)
        described = []
        for fun, function in public(module):
            self.functions[kind]["%s.%s" % (virtual, fun)] = function
            described.append(describe(fun, function, outputs))
        return {"name": virtual, "file": name, "functions": described}

    def loaded_function(self, kind, full):
        """A function of a module that may wait for its turn to be loaded."""
        if self.waiting[kind]:
            self.load_file(kind, full.split(".")[0])
        return self.functions[kind].get(full)

    def import_file(self, kind, name, path):
        """The module, or the reason why there is none. The minion is told first, in case the import never ends."""
        place = "%s/%s" % (kind, name)
        if place in self.skip:
            return "importing it ended or stopped the Python process"
        self.channel.send({"op": "importing", "place": place})
        full = "%s%s.%s" % (LOADED, kind, name)
        spec = importlib.util.spec_from_file_location(full, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        vars(module).update(self.dunders)
        if kind == "states":
            vars(module).update({"__states__": self.states, **states.globals_of({})})
        try:
            spec.loader.exec_module(module)
        except BaseException as error:
            del sys.modules[full]
            return "it cannot be imported: %s: %s" % (type(error).__name__, error)
        return module

    def find(self, message):
        """A function of the real Salt's, described; None where there is none."""
        self.channel.send({"op": "importing", "place": "salt/%s" % message["fun"]})
        self.fallback = self.fallback or fallback.open_salt(self)
        self.channel.send({"op": "found", "id": message["id"], **self.fallback.describe(message["fun"])})

    # --- running -----------------------------------------------------------------------------------

    def run(self, message):
        """In the child: answers one job. What the module forked in its turn must not answer, too."""
        self.pid = os.getpid()
        frame = None
        try:
            self.channel = Channel(socket.socket(socket.AF_UNIX))
            self.channel.sock.connect(message["socket"])
            self.channel.send({"op": "hello", "id": message["id"], "token": message["token"]})
            self.directory, self.opts["test"] = message["directory"], message["testing"] or self.opts.get("test", False)
            value = self.value_of(message)
            frame = b"\x83" + b"".join(map(pack, ("op", "result", "retcode", self.context.get("retcode"), "value"))) + pack(value)
            if len(frame) > message["limit"]:
                raise NotReturnable("it takes %d bytes, more than the limit of %d" % (len(frame), message["limit"]))
        except NotReturnable as error:
            frame = pack({"op": "error", "kind": "NotReturnable", "path": error.path(), "message": str(error), "traceback": ""})
        except BaseException as error:
            frame = pack(failure(error))
        if os.getpid() == self.pid:
            self.channel.send_packed(frame)

    def value_of(self, message):
        kind, fun = message["kind"], message["fun"]
        if kind == "grains":
            return self.grain_values()
        if kind == "render":
            return rendered(self, fun, **message["kwargs"])
        if kind == "states":
            return self.state_value(fun, message["kwargs"])
        function = self.fallback.function(fun) if kind == "salt" else self.functions[kind][fun]
        value = function(*message["args"], **message["kwargs"])
        if not isinstance(value, types.GeneratorType):
            return value
        items = list(value)
        if items and all(isinstance(item, dict) for item in items):
            return {key: item for part in items for key, item in part.items()}
        return items

    def state_value(self, fun, low):
        function = self.functions["states"][fun]
        for module in self.modules["states"]:
            vars(module).update(states.globals_of(low))
        return states.call(function, low, fun)

    def grain_values(self):
        """All grains of the `grains` folder; a function that fails leaves out its own."""
        values, errors = {}, []
        for name, path in self.files("grains"):
            module = self.import_file("grains", name, path)
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
