"""Which system this is."""

import os
import platform
import sys


def is_linux():
    return sys.platform.startswith("linux")


def is_windows():
    return sys.platform.startswith("win")


def is_darwin():
    return sys.platform.startswith("darwin")


def is_freebsd():
    return sys.platform.startswith("freebsd")


def is_netbsd():
    return sys.platform.startswith("netbsd")


def is_openbsd():
    return sys.platform.startswith("openbsd")


def is_aix():
    return sys.platform.startswith("aix")


def is_sunos():
    return sys.platform.startswith("sunos")


def is_smartos():
    return False


is_smartos_globalzone = is_smartos_zone = is_proxy = is_junos = is_photonos = is_smartos


def is_fedora():
    return is_linux() and os.path.exists("/etc/fedora-release")


def is_aarch64():
    return platform.machine().startswith("aarch64")
