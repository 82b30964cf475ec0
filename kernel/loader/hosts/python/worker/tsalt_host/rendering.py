"""SLS files that are written in Python: the renderer `py`."""

import types


def rendered(host, path, text, names):
    """What `run()` of the text answers. It finds its surroundings as modules do, and by Salt's names without underscores."""
    found = dict(host.dunders)
    for name in ("salt", "grains", "pillar", "opts"):
        found[name] = found["__%s__" % name]
    found.update(names, __sls__=names.get("sls", ""), __env__=names.get("saltenv", "base"), __file__=path)
    for name in ("grains", "pillar"):
        found["__%s__" % name] = found[name]
    module = types.ModuleType("salt.rendered")
    vars(module).update(found)
    exec(compile(text, path, "exec"), vars(module))
    # What the text itself defines by one of these names would hide them.
    vars(module).update(found)
    return module.run()
