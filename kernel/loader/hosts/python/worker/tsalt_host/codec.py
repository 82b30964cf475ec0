"""msgpack, as the minion writes and reads it."""

import collections
import collections.abc
import datetime
import decimal
import re
import struct
import sys
import types

DEEPEST = 500
# Packing takes three calls a level.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 4 * DEEPEST + 1000))


class NotReturnable(Exception):
    """A value that has no msgpack form; `steps` lead to it, the innermost first."""

    def __init__(self, why):
        super().__init__(why)
        self.steps = []

    def path(self):
        return "return" + "".join(reversed(self.steps))


def refuse(value, why):
    try:
        text = repr(value)
    except Exception:  # a broken __repr__ must not hide what is wrong
        text = "<no text form>"
    return NotReturnable("%s: %s" % (why, text if len(text) <= 200 else text[:200] + "..."))


def pack(value):
    out = bytearray()
    write(out, value, [])
    return bytes(out)


def write(out, value, parents):
    if value is None:
        out.append(0xC0)
    elif isinstance(value, bool):
        out.append(0xC3 if value else 0xC2)
    elif isinstance(value, int):
        write_int(out, value)
    elif isinstance(value, str):
        write_text(out, value)
    elif isinstance(value, float):
        out += struct.pack(">Bd", 0xCB, value)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        out += struct.pack(">BI", 0xC6, len(data)) + data
    elif isinstance(value, (datetime.datetime, datetime.date, datetime.time, decimal.Decimal)):
        write_text(out, str(value))
    else:
        write_container(out, value, parents)


def write_int(out, value):
    if 0 <= value < 0x80:
        out.append(value)
    elif -(2**63) <= value < 2**63:
        out += struct.pack(">Bq", 0xD3, value)
    elif 0 <= value < 2**64:
        out += struct.pack(">BQ", 0xCF, value)
    else:
        write_text(out, str(value))


def write_text(out, value):
    try:
        data = value.encode("utf-8")
    except UnicodeEncodeError:
        raise refuse(value, "it is text with bytes that are not Unicode") from None
    if len(data) < 32:
        out.append(0xA0 | len(data))
    else:
        out += struct.pack(">BI", 0xDB, len(data))
    out += data


def write_container(out, value, parents):
    if any(parent is value for parent in parents):
        raise refuse(value, "it contains itself")
    if len(parents) >= DEEPEST:
        raise NotReturnable("it is nested more than %d levels deep" % DEEPEST)
    if isinstance(value, types.GeneratorType):
        value = list(value)
    parents.append(value)
    if isinstance(value, (list, tuple, set, frozenset, collections.deque, range)):
        write_list(out, value, parents)
    elif isinstance(value, collections.abc.Mapping):
        write_map(out, value, parents)
    elif isinstance(value, collections.abc.MappingView):
        write_list(out, list(value), parents)
    else:
        raise refuse(value, "it is an object of the class %s" % type(value).__name__)
    parents.pop()


def write_list(out, items, parents):
    out += struct.pack(">BI", 0xDD, len(items))
    for index, item in enumerate(items):
        try:
            write(out, item, parents)
        except NotReturnable as error:
            error.steps.append("[%d]" % index)
            raise


def write_map(out, value, parents):
    out += struct.pack(">BI", 0xDF, len(value))
    for key, item in value.items():
        if key is not None and not isinstance(key, (str, int, float, bytes)):
            raise refuse(key, "it has a key that is not text, a number, a boolean or None")
        write(out, key, parents)
        try:
            write(out, item, parents)
        except NotReturnable as error:
            error.steps.append(".%s" % key if isinstance(key, str) and re.match(r"^[\w-]+$", key) else "[%r]" % (key,))
            raise


def unpack(data):
    value, _ = read(data, 0)
    return value


SCALARS = {0xC0: None, 0xC2: False, 0xC3: True}
NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
LENGTHS = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I"}


def read(data, at):
    code = data[at]
    at += 1
    if code < 0x80:
        return code, at
    if code >= 0xE0:
        return code - 0x100, at
    if code < 0x90:
        return read_map(data, at, code & 0x0F)
    if code < 0xA0:
        return read_list(data, at, code & 0x0F)
    if code < 0xC0:
        return read_text(data, at, code & 0x1F)
    if code in SCALARS:
        return SCALARS[code], at
    if code in NUMBERS:
        return struct.unpack_from(NUMBERS[code], data, at)[0], at + struct.calcsize(NUMBERS[code])
    if code not in LENGTHS:
        raise ValueError("the minion sent a msgpack type that is not known here: 0x%02x" % code)
    length = struct.unpack_from(LENGTHS[code], data, at)[0]
    at += struct.calcsize(LENGTHS[code])
    if code <= 0xC6:
        return bytes(data[at : at + length]), at + length
    return (read_text if code <= 0xDB else read_list if code <= 0xDD else read_map)(data, at, length)


def read_text(data, at, length):
    return bytes(data[at : at + length]).decode("utf-8"), at + length


def read_list(data, at, length):
    items = []
    for _ in range(length):
        item, at = read(data, at)
        items.append(item)
    return items, at


def read_map(data, at, length):
    made = {}
    for _ in range(length):
        key, at = read(data, at)
        made[key], at = read(data, at)
    return made, at
