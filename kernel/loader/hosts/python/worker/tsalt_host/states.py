"""Low chunks as calls of state functions written in Python."""

import inspect

from tsalt_host.failure import failure

# Arguments of a chunk that are the engine's: a function gets them only if it names them.
INTERNAL = frozenset(
    "onfail onfail_any onfail_all require require_any onchanges onchanges_any watch watch_any prereq prerequired listen onfail_stop"
    " onchanges_in onfail_in prereq_in watch_in require_in listen_in fun state check_cmd cmd_opts_exclude failhard onlyif unless"
    " creates retry order parallel reload_modules reload_grains reload_pillar runas runas_password no_log fire_event saltenv umask"
    " use use_in name_order __env__ __sls__ __id__ __sls_included_from__ __orchestration_jid__ __prereq__ __prerequiring__"
    " __umask__ __instance_id__".split()
)
EXCEPTION = "An exception occurred in this state: %s"


class Refused(Exception):
    """The chunk does not fit the function; its text is the comment of the result."""


def call(function, low, full):
    """What a state function answers, or the result that Salt makes of its exception. Never raises."""
    try:
        answer = function(**bind(function, low, full))
    except Refused as error:
        return failed(low, str(error))
    except BaseException as error:
        return failed(low, EXCEPTION % (failure(error)["traceback"] + "\n"))
    if not isinstance(answer, dict):
        return failed(low, EXCEPTION % "Malformed state return. Data must be a dictionary type.")
    absent = [key for key in ("result", "changes", "comment") if key not in answer]
    if absent:
        return failed(low, EXCEPTION % ("%s returned a dictionary without %s." % (full, ", ".join(absent))))
    if not isinstance(answer["changes"], dict):
        return failed(low, EXCEPTION % "'Changes' should be a dictionary.")
    return answer


def failed(low, comment):
    return {"result": False, "name": low.get("name"), "changes": {}, "comment": comment}


def bind(function, low, full):
    """The keywords of `function` in a low chunk. Raises Refused for one it does not take, and for one it lacks."""
    data = dict(low)
    kwargs, takes_any = {}, False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind == parameter.VAR_POSITIONAL:
            continue
        if parameter.kind == parameter.VAR_KEYWORD:
            takes_any = True
        elif parameter.name in data:
            kwargs[parameter.name] = data.pop(parameter.name)
        elif parameter.default is parameter.empty:
            raise Refused("Missing parameter %s for state %s" % (parameter.name, full))
    rest = {key: value for key, value in data.items() if key not in INTERNAL}
    if takes_any:
        kwargs.update(rest)
    elif rest:
        names = ["'%s'" % name for name in rest]
        if len(names) == 1:
            raise Refused("%s is an invalid keyword argument for '%s'" % (names[0], full))
        raise Refused("%s and %s are invalid keyword arguments for '%s'" % (", ".join(names[:-1]), names[-1], full))
    return kwargs


def globals_of(low):
    """What a state's module finds besides the usual names."""
    return {
        "__low__": low,
        "__sls__": low.get("__sls__"),
        "__id__": low.get("__id__"),
        "__env__": low.get("saltenv") or low.get("__env__") or "base",
        "__instance_id__": low.get("__instance_id__", ""),
        "__running__": {},
        "__lowstate__": [],
        "__user__": "root",
    }
