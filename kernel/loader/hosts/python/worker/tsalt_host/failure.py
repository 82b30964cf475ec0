"""Exceptions as messages to the minion."""

import os
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))

TOLD_APART = ("CommandExecutionError", "CommandNotFoundError", "SaltInvocationError", "SaltClientError", "TypeError")


def failure(error):
    """An exception as the minion reports it. The first frames are this folder's own and tell nobody anything."""
    names = [kind.__name__ for kind in type(error).__mro__]
    kind = next((name for name in TOLD_APART if name in names), names[0])
    trace = error.__traceback__
    while trace is not None and os.path.dirname(trace.tb_frame.f_code.co_filename) == HERE and trace.tb_next is not None:
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace)).rstrip("\n")
    message = "it called sys.exit(%s)" % error.code if isinstance(error, SystemExit) else str(error)
    safe = [part.encode("utf-8", "backslashreplace").decode() for part in (message, text)]
    return {"op": "error", "kind": kind, "message": safe[0], "traceback": safe[1]}
