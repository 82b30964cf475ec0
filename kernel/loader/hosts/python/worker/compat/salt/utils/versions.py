"""Versions compared, and warnings of what will go."""

import functools
import re
import warnings


def _parts(version):
    return [(0, int(part), "") if part.isdigit() else (-1, 0, part) for part in re.findall(r"\d+|[a-zA-Z]+", version)]


def version_cmp(pkg1, pkg2, ignore_epoch=False):
    """-1, 0 or 1."""
    versions = [re.sub(r"^\d+:", "", str(one)) if ignore_epoch else str(one) for one in (pkg1, pkg2)]
    a, b = map(_parts, versions)
    while len(a) < len(b):
        a.append((0, 0, ""))
    while len(b) < len(a):
        b.append((0, 0, ""))
    return (a > b) - (a < b)


def compare(ver1="", oper="==", ver2="", cmp_func=None, ignore_epoch=False):
    order = cmp_func(ver1, ver2) if cmp_func else version_cmp(ver1, ver2, ignore_epoch)
    return {"<": order < 0, "<=": order <= 0, "==": order == 0, "=": order == 0, ">=": order >= 0, ">": order > 0, "!=": order != 0}[oper]


@functools.total_ordering
class LooseVersion:
    def __init__(self, vstring=""):
        self.vstring = str(vstring)
        self.version = [int(part) if part.isdigit() else part for part in re.findall(r"\d+|[a-zA-Z]+", self.vstring)]

    def __eq__(self, other):
        return version_cmp(self.vstring, str(other)) == 0

    def __lt__(self, other):
        return version_cmp(self.vstring, str(other)) < 0

    def __str__(self):
        return self.vstring


Version = StrictVersion = LooseVersion


def warn_until(version, message, category=DeprecationWarning, stacklevel=None, **kwargs):
    warnings.warn(message.format(version=version), category, stacklevel=stacklevel or 2)


warn_until_date = warn_until


def kwargs_warn_until(kwargs, version, category=DeprecationWarning, stacklevel=None, **more):
    if kwargs:
        warn_until(version, "these arguments will go: %s" % ", ".join(kwargs), category, stacklevel)
