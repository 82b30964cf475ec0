"""Text and bytes."""

import fnmatch
import re
import shlex


def to_bytes(s, encoding=None, errors="strict"):
    if s is None or isinstance(s, bytes):
        return s
    if isinstance(s, bytearray):
        return bytes(s)
    if isinstance(s, str):
        return s.encode(encoding or "utf-8", errors)
    raise TypeError("text or bytes are expected, not %s" % type(s).__name__)


def to_unicode(s, encoding=None, errors="strict", normalize=False):
    if isinstance(s, (bytes, bytearray)):
        return bytes(s).decode((encoding if isinstance(encoding, str) else None) or "utf-8", errors)
    if isinstance(s, str):
        return s
    raise TypeError("text or bytes are expected, not %s" % type(s).__name__)


def to_str(s, encoding=None, errors="strict", normalize=False):
    return to_unicode(s, encoding, errors)


def to_none(text):
    return None if str(text).strip().lower() in ("", "none") else text


def to_num(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def is_quoted(value):
    return value[0] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else ""


def dequote(value):
    return value[1:-1] if is_quoted(value) else value


def is_hex(value):
    try:
        int(value, 16)
        return True
    except (TypeError, ValueError):
        return False


def is_binary(data):
    return bool(data) and ("\x00" if isinstance(data, str) else b"\x00") in data


def random(size=32):
    import secrets

    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") for _ in range(size))


def contains_whitespace(text):
    return any(char.isspace() for char in text)


def human_to_bytes(size, default_unit="B", handle_metric=False):
    """`10G`, `512 MiB` as a number of bytes."""
    found = re.fullmatch(r"\s*([0-9.]+)\s*([kKmMgGtTpP]?)(i?)([bB]?)\s*", str(size))
    if not found:
        return 0
    number, unit, binary, byte = found.groups()
    base = 1000 if handle_metric and byte and not binary else 1024
    return int(float(number) * base ** " KMGTP".index((unit or default_unit.strip("Bb") or " ").upper()))


def expr_match(line, expr):
    """Whether a glob or a regular expression fits the whole line."""
    if line == expr or fnmatch.fnmatch(line, expr):
        return True
    try:
        return re.fullmatch(expr, line) is not None
    except re.error:
        return False


def check_whitelist_blacklist(value, whitelist=None, blacklist=None):
    as_list = lambda given: [given] if isinstance(given, str) else list(given or [])  # noqa: E731
    if any(expr_match(value, expr) for expr in as_list(blacklist)):
        return False
    return not whitelist or any(expr_match(value, expr) for expr in as_list(whitelist))


def build_whitespace_split_regex(text):
    return r"(?m)^" + r"\s+".join(re.escape(word) for word in shlex.split(text)) + r"\s*$"


def print_cli(msg, retries=10, step=0.01):
    print(msg)


def get_context(template, line, num_lines=5, marker=None):
    lines = template.splitlines()
    first = max(0, line - num_lines - 1)
    shown = lines[first : line + num_lines]
    if 0 < line <= len(lines):
        shown[line - 1 - first] += marker or "    <======================"
    return "---\n%s\n---" % "\n".join(shown)
