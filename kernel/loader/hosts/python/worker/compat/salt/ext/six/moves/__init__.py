"""Names that moved between Python 2 and 3."""

import builtins  # noqa: F401
import configparser  # noqa: F401
import queue  # noqa: F401
from functools import reduce  # noqa: F401
from importlib import reload as reload_module  # noqa: F401
from io import StringIO  # noqa: F401
from itertools import filterfalse, zip_longest  # noqa: F401
from shlex import quote as shlex_quote  # noqa: F401

filter, map, range, zip, input = builtins.filter, builtins.map, builtins.range, builtins.zip, builtins.input
xrange = range
