"""Arguments."""

import inspect
import shlex
from collections import namedtuple

ArgSpec = namedtuple("ArgSpec", "args varargs keywords defaults")


def clean_kwargs(**kwargs):
    """Without the keywords that the minion adds."""
    return {key: value for key, value in kwargs.items() if not key.startswith("__")}


def invalid_kwargs(invalid, raise_exc=True):
    from salt.exceptions import SaltInvocationError

    if not invalid:
        return ""
    message = "The following keyword arguments are not valid: %s" % ", ".join("%s=%s" % pair for pair in invalid.items())
    if raise_exc:
        raise SaltInvocationError(message)
    return message


def split_input(val, mapper=None):
    mapper = mapper or (lambda item: item)
    items = val if isinstance(val, list) else str(val).split(",")
    return [mapper(item.strip() if isinstance(item, str) else item) for item in items if item != ""]


def shlex_split(s, **kwargs):
    return shlex.split(s, **kwargs) if isinstance(s, str) else s


def get_function_argspec(func, is_class_method=None):
    spec = inspect.getfullargspec(inspect.unwrap(func))
    args = spec.args[1:] if is_class_method or inspect.ismethod(func) else spec.args
    return ArgSpec(args, spec.varargs, spec.varkw, spec.defaults)


def test_mode(**kwargs):
    return any(str(value).lower() == "true" for key, value in kwargs.items() if key.lower() == "test")


def yamlify_arg(arg):
    if not isinstance(arg, str):
        return arg
    import salt.utils.yaml

    try:
        return salt.utils.yaml.safe_load(arg)
    except Exception:
        return arg


def condition_input(args, kwargs):
    return [str(arg) if isinstance(arg, int) and not isinstance(arg, bool) else arg for arg in args] + (
        [dict(kwargs, __kwarg__=True)] if kwargs else []
    )
