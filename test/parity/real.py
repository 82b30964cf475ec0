"""Answers calls with the functions of the real Salt, as `salt-call --local` has them.

Started with a configuration directory; each line in is {"fun", "args", "kwargs"}, each line out {"value"} or
{"error"}, with "retcode". With "apart" the call has a process of its own, as under salt-call: what it leaves in the
options is gone then. Salt's own output and log go to stderr.
"""

import json
import os
import shutil
import sys

answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

import salt.config
import salt.minion
import yaml
from salt.exceptions import SaltException


def plain(value):
    """What JSON carries: keys as text, bytes as text, other objects by their repr."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value is None or isinstance(value, (str, int, float)):
        return value
    return repr(value)


KINDS = ("SaltInvocationError", "CommandExecutionError", "CommandNotFoundError")


def kind(error):
    """The kind of an error that callers tell apart; modules derive their own from it."""
    names = [one.__name__ for one in type(error).__mro__]
    return next((name for name in names if name in KINDS), names[0])


def failed_by_its_words(value):
    return isinstance(value, dict) and not all(value.get(key, True) for key in ("result", "success"))


# For `runas` Salt starts its own Python as that user, who may not be let into the directory of this checkout.
OWN_PYTHON = sys.executable
PYTHON_OF_ALL = shutil.which("python3", path="/usr/bin:/bin") or OWN_PYTHON


def answer(minion, call):
    sys.executable = PYTHON_OF_ALL if call["fun"].startswith("cmd.") else OWN_PYTHON
    context = minion.functions.pack["__context__"]
    context.clear()
    try:
        function = minion.functions[call["fun"]]
        given = [*call["args"], {"__kwarg__": True, **call["kwargs"]}]
        args, kwargs = salt.minion.load_args_and_kwargs(function, given)
        value = function(*args, **kwargs)
        if hasattr(value, "__next__"):
            value = list(value)
        retcode = context.get("retcode", 0) or int(failed_by_its_words(value))
        return {"value": plain(value), "retcode": retcode}
    except KeyError as missing:
        if call["fun"] in minion.functions:
            return {"error": "KeyError", "text": repr(missing)}
        return {"error": "missing", "text": str(minion.functions.missing_fun_string(call["fun"]))}
    except SaltException as error:
        return {"error": kind(error), "text": str(error)}
    except TypeError as error:
        return {"error": "TypeError", "text": str(error)}
    except (Exception, SystemExit) as error:
        return {"error": "exception", "text": f"{type(error).__name__}: {error}"}


def apart(minion, call):
    pid = os.fork()
    if pid == 0:
        if os.path.exists(os.path.join(sys.argv[1], "grains")):
            minion = salt.minion.SMinion(salt.config.minion_config(os.path.join(sys.argv[1], "minion")))
        answers.write(json.dumps(answer(minion, call)) + "\n")
        answers.flush()
        os._exit(0)
    os.waitpid(pid, 0)


class GrainsFile:
    """The grains that a call has set, as the next salt-call would read them: states set them for their own run alone."""

    def __init__(self, minion):
        self.path = os.path.join(sys.argv[1], "grains")
        self.collected = {key: value for key, value in minion.opts["grains"].items() if key not in self.written()}

    def written(self):
        if not os.path.exists(self.path):
            return {}
        with open(self.path, encoding="utf-8") as file:
            return yaml.safe_load(file) or {}

    def hand_to(self, minion):
        grains = {**self.collected, **self.written()}
        for opts in (minion.opts, minion.functions.opts):
            opts["grains"] = grains
        minion.functions.pack["__grains__"] = grains


def main():
    opts = salt.config.minion_config(os.path.join(sys.argv[1], "minion"))
    minion = salt.minion.SMinion(opts)
    answers.write(json.dumps({"ready": True}) + "\n")
    grains = GrainsFile(minion)
    for line in sys.stdin:
        call = json.loads(line)
        grains.hand_to(minion)
        if call["apart"]:
            apart(minion, call)
        else:
            answers.write(json.dumps(answer(minion, call)) + "\n")


main()
