"""Prints what the real Salt's highstate outputter makes of each case: JSON in, JSON out, in the same order."""

import base64
import copy
import json
import logging
import sys

import salt.config
import salt.output

logging.disable(logging.CRITICAL)


def revive(pairs):
    """The shapes that JSON lacks: bytes, whole floats, and mappings whose keys are no texts."""
    if len(pairs) == 1 and pairs[0][0] == "$bytes":
        return base64.b64decode(pairs[0][1])
    if len(pairs) == 1 and pairs[0][0] == "$number":
        return float(pairs[0][1])
    if len(pairs) == 1 and pairs[0][0] == "$map":
        return {key: value for key, value in pairs[0][1]}
    return dict(pairs)


def printed(data, options):
    opts = salt.config.DEFAULT_MASTER_OPTS.copy()
    opts.update({"color": False, "extension_modules": "/nonexistent", "cachedir": "/nonexistent"})
    opts.update(options)
    try:
        return {"text": salt.output.out_format(copy.deepcopy(data), "highstate", opts) or ""}
    except Exception as exc:  # a crash of the real one is told by its kind
        return {"crash": type(exc).__name__}


cases = json.load(sys.stdin, object_pairs_hook=revive)
json.dump([[printed(data, options) for options in cases["options"]] for data in cases["data"]], sys.stdout)
