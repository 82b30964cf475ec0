"""What modules find in their globals: `__salt__`, `__utils__`, `__states__` and their kin."""

import collections.abc
import functools
import importlib


class Functions(collections.abc.Mapping):
    """`__salt__`: functions of Python modules are called here, all others in the minion."""

    def __init__(self, host):
        self.host = host
        self.known = {}

    def __getitem__(self, name):
        own = self.host.loaded_function("modules", name)
        if own is not None:
            return own
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
        try:
            return self._functions["%s.%s" % (self._module, name)]
        except KeyError as error:
            raise AttributeError(str(error)) from None


class Utilities(collections.abc.Mapping):
    """`__utils__`: functions of `_utils/*.py`, and of `salt.utils` behind them."""

    def __init__(self, host):
        self.host = host

    def __getitem__(self, name):
        own = self.host.loaded_function("utils", name)
        if own is not None:
            return own
        module, _, function = name.rpartition(".")
        try:
            return getattr(importlib.import_module("salt.utils.%s" % module), function)
        except (ImportError, AttributeError):
            raise KeyError(name) from None

    def __iter__(self):
        return iter(self.host.functions["utils"])

    def __len__(self):
        return len(self.host.functions["utils"])

    def __getattr__(self, module):
        if module.startswith("_"):
            raise AttributeError(module)
        return Attributes(self, module)


class States(collections.abc.Mapping):
    """`__states__`: states written in Python are called here, all others by `state.single` in the minion."""

    def __init__(self, host):
        self.host = host

    def __getitem__(self, name):
        own = self.host.loaded_function("states", name)
        if own is not None:
            return own
        if "." not in name or name.startswith("."):
            raise KeyError(name)
        return functools.partial(self._single, name)

    def _single(self, fun, name, *args, **kwargs):
        if args:
            raise TypeError("%s takes only its name without a keyword" % fun)
        answer = self.host.call_minion("state.single", fun, name, concurrent=True, test=self.host.opts.get("test", False), **kwargs)
        if not isinstance(answer, dict):
            raise self.host.known.CommandExecutionError("%s was not run: %s" % (fun, answer))
        result = next(iter(answer.values()))
        return {key: value for key, value in result.items() if key in ("name", "result", "comment", "changes", "warnings", "pchanges")}

    def __iter__(self):
        return iter(self.host.functions["states"])

    def __len__(self):
        return len(self.host.functions["states"])

    def __contains__(self, name):
        return name in self.host.functions["states"]
