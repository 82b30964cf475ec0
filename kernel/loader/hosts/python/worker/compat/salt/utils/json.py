"""JSON."""

import json

JSONEncoder = json.JSONEncoder


def loads(s, **kwargs):
    kwargs.pop("_json_module", None)
    return json.loads(s.decode("utf-8") if isinstance(s, bytes) else s, **kwargs)


def load(fp, **kwargs):
    return loads(fp.read(), **kwargs)


def dumps(obj, **kwargs):
    kwargs.pop("_json_module", None)
    return json.dumps(obj, **{"ensure_ascii": False, **kwargs})


def dump(obj, fp, **kwargs):
    fp.write(dumps(obj, **kwargs))


def find_json(raw):
    """The first JSON value in a text that has other lines around it."""
    lines = raw.splitlines()
    for index in range(len(lines)):
        text = "\n".join(lines[index:])
        try:
            return json.JSONDecoder().raw_decode(text.lstrip())[0]
        except ValueError:
            continue
    raise ValueError("there is no JSON in it")
