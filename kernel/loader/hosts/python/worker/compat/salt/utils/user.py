"""Accounts."""

import grp
import os
import pwd


def get_user():
    return pwd.getpwuid(os.geteuid()).pw_name


def get_uid(user=None):
    try:
        return pwd.getpwnam(user).pw_uid if user else os.geteuid()
    except KeyError:
        return None


def get_gid(group=None):
    try:
        return grp.getgrnam(group).gr_gid if group else os.getegid()
    except KeyError:
        return None


def get_group_list(user, include_default=True):
    account = pwd.getpwnam(user)
    ids = os.getgrouplist(user, account.pw_gid)
    return sorted(grp.getgrgid(gid).gr_name for gid in ids if include_default or gid != account.pw_gid)


def get_default_group(user):
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def get_group_dict(user=None, include_default=True):
    return {name: grp.getgrnam(name).gr_gid for name in get_group_list(user, include_default)}
