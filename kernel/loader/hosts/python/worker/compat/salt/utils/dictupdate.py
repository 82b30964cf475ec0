"""Merging and filling of maps."""

import copy
from collections.abc import Mapping


def update(dest, upd, recursive_update=True, merge_lists=False):
    """Puts `upd` into `dest`, map by map, and answers it."""
    if not isinstance(dest, Mapping) or not isinstance(upd, Mapping):
        raise TypeError("both must be maps")
    for key, value in upd.items():
        known = dest.get(key)
        if recursive_update and isinstance(known, Mapping) and isinstance(value, Mapping):
            dest[key] = update(known, value, recursive_update, merge_lists)
        elif merge_lists and isinstance(known, list) and isinstance(value, list):
            dest[key] = known + [item for item in value if item not in known]
        else:
            dest[key] = value
    return dest


def merge_recurse(obj_a, obj_b, merge_lists=False):
    return update(copy.deepcopy(obj_a), obj_b, merge_lists=merge_lists)


def merge_overwrite(obj_a, obj_b, merge_lists=False):
    return {**obj_a, **obj_b}


def merge_list(obj_a, obj_b):
    made = dict(obj_a)
    for key, value in obj_b.items():
        made[key] = [made[key], value] if key in made else value
    return made


def merge_aggregate(obj_a, obj_b):
    return merge_recurse(obj_a, obj_b, merge_lists=True)


def merge(obj_a, obj_b, strategy="smart", renderer="yaml", merge_lists=False):
    if strategy == "none":
        return obj_a
    if strategy == "list":
        return merge_list(obj_a, obj_b)
    if strategy == "overwrite":
        return merge_overwrite(obj_a, obj_b, merge_lists)
    return merge_recurse(obj_a, obj_b, merge_lists or strategy == "aggregate")


def ensure_dict_key(in_dict, keys, delimiter=":", ordered_dict=False):
    """The map below these keys, made where it is missing."""
    here = in_dict
    for key in keys.split(delimiter):
        here = here.setdefault(key, {})
    return in_dict


def _place(in_dict, keys, delimiter):
    *path, last = keys.split(delimiter)
    if path:
        ensure_dict_key(in_dict, delimiter.join(path), delimiter)
    here = in_dict
    for key in path:
        here = here[key]
    return here, last


def set_dict_key_value(in_dict, keys, value, delimiter=":", ordered_dict=False):
    here, last = _place(in_dict, keys, delimiter)
    here[last] = value
    return in_dict


def append_dict_key_value(in_dict, keys, value, delimiter=":", ordered_dict=False):
    here, last = _place(in_dict, keys, delimiter)
    here.setdefault(last, []).append(value)
    return in_dict


def update_dict_key_value(in_dict, keys, value, delimiter=":", ordered_dict=False):
    here, last = _place(in_dict, keys, delimiter)
    here.setdefault(last, {}).update(value)
    return in_dict


def extend_dict_key_value(in_dict, keys, value, delimiter=":", ordered_dict=False):
    here, last = _place(in_dict, keys, delimiter)
    here.setdefault(last, []).extend(value)
    return in_dict
