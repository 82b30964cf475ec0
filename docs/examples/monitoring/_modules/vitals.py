"""
What a monitor wants to know of a machine: load, memory, disks, network. Linux, standard library only.
"""

import os

# File systems that hold no data of their own, or not of this machine.
_SKIPPED = {"autofs", "fuse.gvfsd-fuse", "iso9660", "nfs", "nfs4", "cifs", "overlay", "squashfs", "tmpfs"}


def __virtual__():
    if __grains__["kernel"] != "Linux":
        return False, "vitals reads /proc, which only Linux has"
    return "vitals"


def collect():
    """
    All of it, as nested maps of numbers.

    CLI Example:

        tsalt '*' vitals.collect
    """
    return {
        "load": load(),
        "memory": memory(),
        "disk": disk(),
        "network": network(),
        "uptime": float(_read("/proc/uptime").split()[0]),
    }


def load():
    """
    The three load averages, and how many processes there are.
    """
    one, five, fifteen, processes, _ = _read("/proc/loadavg").split()
    running, total = processes.split("/")
    return {
        "1m": float(one),
        "5m": float(five),
        "15m": float(fifteen),
        "running": int(running),
        "processes": int(total),
    }


def memory():
    """
    Memory and swap in bytes.
    """
    kib = {}
    for line in _read("/proc/meminfo").splitlines():
        name, value = line.split(":")
        kib[name] = int(value.split()[0])
    return {
        "total": kib["MemTotal"] * 1024,
        "available": kib["MemAvailable"] * 1024,
        "cached": kib["Cached"] * 1024,
        "swap_total": kib["SwapTotal"] * 1024,
        "swap_free": kib["SwapFree"] * 1024,
    }


def disk():
    """
    Of each mounted file system on a device the bytes and inodes, by mount point.
    """
    found = {}
    for line in _read("/proc/mounts").splitlines():
        device, mount, kind = line.split()[:3]
        if not device.startswith("/") or kind in _SKIPPED:
            continue
        mount = mount.encode().decode("unicode_escape")
        stat = os.statvfs(mount)
        found["root" if mount == "/" else mount.strip("/").replace("/", "-")] = {
            "total": stat.f_blocks * stat.f_frsize,
            "available": stat.f_bavail * stat.f_frsize,
            "inodes": stat.f_files,
            "inodes_free": stat.f_ffree,
        }
    return found


def network():
    """
    Of each interface the bytes, packets, errors and drops since the start, in both directions.
    """
    found = {}
    for line in _read("/proc/net/dev").splitlines()[2:]:
        name, numbers = line.split(":")
        counts = [int(number) for number in numbers.split()]
        names = ("bytes", "packets", "errors", "drops")
        found[name.strip()] = {
            "in": dict(zip(names, counts[:4])),
            "out": dict(zip(names, counts[8:12])),
        }
    return found


def _read(path):
    with open(path, encoding="utf-8") as handle:
        return handle.read()
