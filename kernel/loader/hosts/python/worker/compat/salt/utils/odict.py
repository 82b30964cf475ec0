"""Maps in their order, which all are in Python 3."""

from collections import OrderedDict, defaultdict  # noqa: F401


class DefaultOrderedDict(defaultdict):
    pass
