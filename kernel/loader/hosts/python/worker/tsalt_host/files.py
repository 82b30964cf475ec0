"""Modules as files: finding them, and what they offer."""

import functools
import inspect
import os
import re

from tsalt_host.codec import NotReturnable, pack

LOADED = "salt.loaded.ext."


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
