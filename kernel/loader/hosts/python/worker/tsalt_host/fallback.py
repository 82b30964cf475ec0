"""Execution modules of the real Salt, for functions that the minion has not got."""

import collections.abc

from tsalt_host.files import describe


class NoSalt:
    """There is no real Salt here: it has no function, and says why."""

    def __init__(self, reason):
        self.reason = reason

    def describe(self, _fun):
        return {"function": None, "reason": self.reason}


class MinionFirst(collections.abc.Mapping):
    """`__salt__` for Salt's own modules: the minion's functions, then those of Salt, which may pass any object."""

    def __init__(self, host, rest):
        self.host = host
        self.functions = host.dunders["__salt__"]
        self.rest = rest
        self.own = {}

    def __getitem__(self, name):
        if name not in self.own:
            self.own[name] = self.host.channel.ask({"op": "own", "fun": name})["value"]
        return self.functions[name] if self.own[name] else self.rest[name]

    def __iter__(self):
        return iter(sorted(set(self.functions) | set(self.rest)))

    def __len__(self):
        return len(list(iter(self)))

    def __getattr__(self, module):
        if module.startswith("_"):
            raise AttributeError(module)
        return getattr(self.functions, module)


class RealSalt:
    """Salt's own loader of execution modules."""

    def __init__(self, host):
        import salt.config
        import salt.loader

        self.host = host
        opts = dict(salt.config.DEFAULT_MINION_OPTS, **host.opts)
        # Synchronised modules are the minion's own affair.
        opts.update(grains=host.grains, pillar=host.pillar, extension_modules="", module_dirs=[])
        utils = salt.loader.utils(opts, context=host.context)
        self.loader = salt.loader.minion_mods(opts, context=host.context, utils=utils, pillar=host.pillar)
        self.loader.pack["__salt__"] = MinionFirst(host, self.loader.pack["__salt__"])

    def function(self, fun):
        self.loader.opts["test"] = self.host.opts["test"]
        return self.loader[fun]

    def describe(self, fun):
        try:
            function = self.loader[fun]
        except KeyError:
            return {"function": None, "reason": self.loader.missing_fun_string(fun)}
        return {"function": describe(fun.split(".", 1)[1], getattr(function, "func", function), {}), "reason": ""}


def open_salt(host):
    try:
        import salt.loader  # noqa: F401
    except ImportError as error:
        return NoSalt("Salt is not installed for this python3: %s" % error)
    return RealSalt(host)
