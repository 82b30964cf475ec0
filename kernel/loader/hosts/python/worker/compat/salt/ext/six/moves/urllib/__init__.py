"""urllib, where `six` has it."""

from urllib import error, parse, request  # noqa: F401
