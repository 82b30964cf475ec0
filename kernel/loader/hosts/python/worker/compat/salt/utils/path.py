"""Paths and programs."""

import os
import posixpath
import shutil


def which(exe=None):
    """Absolute path of a program, or None."""
    if not exe:
        return None
    usual = ["/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
    return shutil.which(exe, path=os.pathsep.join(os.environ.get("PATH", "").split(os.pathsep) + usual))


def which_bin(exes):
    return next((found for found in map(which, exes) if found), None) if isinstance(exes, (list, tuple)) else None


def join(*parts, **kwargs):
    """Parts below the first, also where they begin with a slash."""
    if not parts:
        return ""
    first, *rest = [str(part) for part in parts]
    return posixpath.normpath(posixpath.join(first, *[part.lstrip("/") for part in rest]))


def islink(path):
    return os.path.islink(path)


def readlink(path, canonicalize=False):
    return os.path.realpath(path) if canonicalize else os.readlink(path)


def os_walk(top, *args, **kwargs):
    return os.walk(top, *args, **kwargs)


def safe_path(path, allow_path=None):
    return any(os.path.realpath(path).startswith(os.path.realpath(root)) for root in ([allow_path] if allow_path else ["/"]))


def sanitize_win_path(winpath):
    return "".join("_" if char in '<>|?*"' else char for char in winpath)
