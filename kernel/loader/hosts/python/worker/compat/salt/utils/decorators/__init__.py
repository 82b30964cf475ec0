"""Decorators of modules."""

import functools


class depends:
    """Programs are not looked for: a function that needs what is missing says so when it is called."""

    def __init__(self, *dependencies, **kwargs):
        self.dependencies = dependencies

    def __call__(self, function):
        return function


def timing(function):
    return function


def memoize(func):
    cache = {}

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        key = repr((args, sorted(kwargs.items())))
        if key not in cache:
            cache[key] = func(*args, **kwargs)
        return cache[key]

    return wrapper


def ensure_unicode_args(function):
    return function


def ignores_kwargs(*names):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **{key: value for key, value in kwargs.items() if key not in names})

        return wrapper

    return decorate


def allow_one_of(*names):
    from salt.exceptions import SaltInvocationError

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            given = [name for name in names if kwargs.get(name) is not None]
            if len(given) > 1:
                raise SaltInvocationError("only one of these may be given: %s" % ", ".join(given))
            return function(*args, **kwargs)

        return wrapper

    return decorate


class is_deprecated:
    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, function):
        return function


with_deprecated = is_deprecated
