"""Nested data."""

import copy
import fnmatch
import re
from collections.abc import Mapping


def traverse_dict(data, key, default=None, delimiter=":"):
    for part in key.split(delimiter):
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return default
    return data


def traverse_dict_and_list(data, key, default=None, delimiter=":"):
    """The value below `a:b:0`; a list of maps is searched for the key."""
    for part in str(key).split(delimiter):
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif isinstance(data, list) and re.fullmatch(r"-?\d+", part) and abs(int(part)) <= len(data) - (int(part) >= 0):
            data = data[int(part)]
        elif isinstance(data, list):
            found = [item[part] for item in data if isinstance(item, Mapping) and part in item]
            if not found:
                return default
            data = found[0]
        else:
            return default
    return data


def is_list(value):
    return isinstance(value, list)


def is_iter(thing, ignore=(str,)):
    return hasattr(thing, "__iter__") and not isinstance(thing, ignore)


def is_dictlist(data):
    return isinstance(data, list) and all(isinstance(item, Mapping) and len(item) == 1 for item in data)


def repack_dictlist(data, strict=False, recurse=False, key_cb=None, val_cb=None):
    """`[{a: 1}, {b: 2}, 'c']` as `{a: 1, b: 2, c: None}`."""
    made = {}
    for item in data if isinstance(data, list) else []:
        pairs = item.items() if isinstance(item, Mapping) else [(item, None)]
        for key, value in pairs:
            if recurse and is_dictlist(value):
                value = repack_dictlist(value, recurse=recurse)
            made[key_cb(key) if key_cb else key] = val_cb(key, value) if val_cb else value
    return made


def is_true(value=None):
    text = str(value).strip().lower()
    try:
        return float(text) > 0
    except ValueError:
        return text == "true"


def mysql_to_dict(data, key):
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in data if line.startswith("|")]
    return {row[rows[0].index(key)]: dict(zip(rows[0], row)) for row in rows[1:]} if rows else {}


def compare_dicts(old=None, new=None):
    old, new = old or {}, new or {}
    keys = [*old, *[key for key in new if key not in old]]
    return {key: {"old": old.get(key, ""), "new": new.get(key, "")} for key in keys if old.get(key) != new.get(key)}


def compare_lists(old=None, new=None):
    made = {"new": [item for item in new or [] if item not in (old or [])], "old": [item for item in old or [] if item not in (new or [])]}
    return {key: value for key, value in made.items() if value}


def decode(data, encoding=None, errors="strict", **kwargs):
    if isinstance(data, bytes):
        return data.decode(encoding or "utf-8", errors)
    if isinstance(data, Mapping):
        return {decode(key): decode(value) for key, value in data.items()}
    return type(data)(map(decode, data)) if isinstance(data, (list, tuple, set)) else data


def encode(data, encoding=None, errors="strict", **kwargs):
    if isinstance(data, str):
        return data.encode(encoding or "utf-8", errors)
    if isinstance(data, Mapping):
        return {encode(key): encode(value) for key, value in data.items()}
    return type(data)(map(encode, data)) if isinstance(data, (list, tuple, set)) else data


def filter_by(lookup_dict, lookup, traverse, merge=None, default="default", base=None):
    """What a map holds for the value that `traverse` has at `lookup`; its keys are globs."""
    value = traverse_dict_and_list(traverse, lookup, None)
    values = value if isinstance(value, list) else [value]
    found = next((lookup_dict[key] for one in values for key in lookup_dict if fnmatch.fnmatchcase(str(one), str(key))), None)
    found = copy.deepcopy(lookup_dict.get(default) if found is None else found)
    from salt.utils.dictupdate import update

    if base and base in lookup_dict:
        found = update(copy.deepcopy(lookup_dict[base]), found or {})
    return update(found or {}, copy.deepcopy(merge)) if merge else found


def subdict_match(data, expr, delimiter=":", regex_match=False, exact_match=False):
    parts = expr.split(delimiter)
    for index in range(1, len(parts)):
        found = traverse_dict_and_list(data, delimiter.join(parts[:index]), None, delimiter)
        wanted = delimiter.join(parts[index:])
        for one in found if isinstance(found, list) else [found]:
            if isinstance(one, Mapping):
                matches = wanted in one or wanted == "*"
            elif exact_match:
                matches = str(one).lower() == wanted.lower()
            else:
                matches = one is not None and bool(
                    re.match(wanted.lower(), str(one).lower()) if regex_match else fnmatch.fnmatch(str(one).lower(), wanted.lower())
                )
            if matches:
                return True
    return False


def flatten(data, levels=None, preserve_nulls=False, _ids=None):
    made = []
    for item in data:
        if isinstance(item, list) and levels != 0:
            made.extend(flatten(item, None if levels is None else levels - 1, preserve_nulls))
        elif preserve_nulls or item not in (None, "None", "null"):
            made.append(item)
    return made


class CaseInsensitiveDict(dict):
    """A map whose text keys are found whatever their case."""

    def __getitem__(self, key):
        return super().__getitem__(next((known for known in self if str(known).lower() == str(key).lower()), key))

    def __contains__(self, key):
        return any(str(known).lower() == str(key).lower() for known in self)

    def get(self, key, default=None):
        return self[key] if key in self else default
