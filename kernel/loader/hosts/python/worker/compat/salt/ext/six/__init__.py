"""The names of `six`, as they are in Python 3."""

import io

PY2, PY3, PY34, MAXSIZE = False, True, True, 2**63 - 1
string_types, integer_types, class_types = (str,), (int,), (type,)
text_type, binary_type, unichr = str, bytes, chr
StringIO, BytesIO = io.StringIO, io.BytesIO


def iteritems(mapping, **kwargs):
    return iter(mapping.items(**kwargs))


def iterkeys(mapping, **kwargs):
    return iter(mapping.keys(**kwargs))


def itervalues(mapping, **kwargs):
    return iter(mapping.values(**kwargs))


def b(text):
    return text.encode("latin-1")


def u(text):
    return text


def ensure_str(value, encoding="utf-8", errors="strict"):
    return value.decode(encoding, errors) if isinstance(value, bytes) else value


ensure_text = ensure_str


def reraise(_kind, value, trace=None):
    raise value.with_traceback(trace)


def raise_from(value, cause):
    raise value from cause


def with_metaclass(meta, *bases):
    return meta("WithMetaclass", bases or (object,), {})


def add_metaclass(meta):
    return lambda cls: meta(cls.__name__, cls.__bases__, {k: v for k, v in vars(cls).items() if k not in ("__dict__", "__weakref__")})


def python_2_unicode_compatible(cls):
    return cls
