"""Addresses and names."""

import ipaddress
import json
import socket
import subprocess


def _address(text):
    try:
        return ipaddress.ip_address(str(text).split("%")[0])
    except ValueError:
        return None


def is_ip(ip_addr):
    return _address(ip_addr) is not None


def is_ipv4(ip_addr):
    return isinstance(_address(ip_addr), ipaddress.IPv4Address)


def is_ipv6(ip_addr):
    return isinstance(_address(ip_addr), ipaddress.IPv6Address)


def is_loopback(ip_addr):
    return ipaddress.ip_address(ip_addr).is_loopback


def get_fqhostname():
    return socket.getfqdn()


def get_hostname():
    return socket.gethostname()


def host_to_ips(host):
    try:
        return sorted({found[4][0] for found in socket.getaddrinfo(host, None)})
    except OSError:
        return None


def ip_to_host(ip):
    try:
        return socket.gethostbyaddr(ip)[0]
    except OSError:
        return None


def in_subnet(cidr, addr=None):
    network = ipaddress.ip_network(cidr, strict=False)
    return any(_address(one) in network for one in ([addr] if isinstance(addr, str) else addr or ip_addrs() + ip_addrs6()))


def interfaces():
    """By name: `up`, `hwaddr`, `inet` and `inet6` with their addresses."""
    try:
        listed = json.loads(subprocess.run(["ip", "-j", "addr"], stdout=subprocess.PIPE, check=True).stdout)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return {}
    found = {}
    for card in listed:
        here = found[card["ifname"]] = {"up": "UP" in card.get("flags", []), "hwaddr": card.get("address", "")}
        for one in card.get("addr_info", []):
            kind = "inet6" if one["family"] == "inet6" else "inet"
            mask = {"prefixlen": str(one["prefixlen"])} if kind == "inet6" else {"netmask": cidr_to_ipv4_netmask(one["prefixlen"])}
            here.setdefault(kind, []).append(dict(address=one["local"], label=one.get("label", card["ifname"]), **mask))
    return found


def cidr_to_ipv4_netmask(cidr_bits):
    return str(ipaddress.ip_network("0.0.0.0/%s" % cidr_bits).netmask)


def _addresses(kind, interface, include_loopback, cidr):
    found = [
        one["address"]
        for name, card in interfaces().items()
        if interface is None or name == interface
        for one in card.get(kind, [])
        if include_loopback or not _address(one["address"]).is_loopback
    ]
    return sorted(one for one in set(found) if cidr is None or in_subnet(cidr, one))


def ip_addrs(interface=None, include_loopback=False, interface_data=None, cidr=None):
    return _addresses("inet", interface, include_loopback, cidr)


def ip_addrs6(interface=None, include_loopback=False, interface_data=None, cidr=None):
    return _addresses("inet6", interface, include_loopback, cidr)


def hw_addr(iface):
    return interfaces().get(iface, {}).get("hwaddr", "")


def calc_net(ip_addr, netmask=None):
    return str(ipaddress.ip_network("%s/%s" % (ip_addr, netmask) if netmask else ip_addr, strict=False))


def dns_check(addr, port=80, safe=False, ipv6=None, **kwargs):
    from salt.exceptions import SaltClientError

    found = host_to_ips(addr)
    if not found and not safe:
        raise SaltClientError("%s has no address" % addr)
    return found[0] if found else addr
