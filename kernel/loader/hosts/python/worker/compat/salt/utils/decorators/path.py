"""Decorators for functions that need a program."""

import functools

import salt.utils.path
from salt.exceptions import CommandNotFoundError


def which(exe):
    return which_bin([exe])


def which_bin(exes):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            if salt.utils.path.which_bin(exes) is None:
                raise CommandNotFoundError("none of these programs is installed: %s" % ", ".join(exes))
            return function(*args, **kwargs)

        return wrapper

    return decorate
