"""URLs of the file server."""

import urllib.parse


def parse(url):
    """Path and environment of a `salt://` URL."""
    if not url.startswith("salt://"):
        return url, None
    path, _, query = url[len("salt://") :].partition("?")
    return path, urllib.parse.parse_qs(query).get("saltenv", [None])[0]


def create(path, saltenv=None):
    return "salt://" + path + ("?saltenv=%s" % saltenv if saltenv else "")


def split_env(url):
    path, saltenv = parse(url)
    return (create(path) if url.startswith("salt://") else path), saltenv


def validate(url, protos):
    return urllib.parse.urlparse(url).scheme in protos


def redact_http_basic_auth(output):
    import re

    return re.sub(r"(https?://)[^/@\s]+@", r"\1<redacted>@", output)


def strip_proto(url):
    return url.split("://", 1)[-1]
