"""A state: goes into `_states/motd.py`."""


def present(name, text):
    ret = {"name": name, "result": True, "comment": "it is as it should be", "changes": {}}
    old = __salt__["file.read"](name) if __salt__["file.file_exists"](name) else ""
    if old == text:
        return ret
    ret["changes"] = {"old": old, "new": text}
    if __opts__["test"]:
        return dict(ret, result=None, comment="it would be written")
    __salt__["file.write"](name, args=[text.rstrip("\n")])
    return dict(ret, comment="it was written")
