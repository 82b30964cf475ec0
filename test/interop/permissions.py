"""What CkMinions of the real Salt decides: cases as JSON on stdin, one list of answers on stdout."""
import json
import logging
import sys

import salt.utils.minions

logging.disable(logging.CRITICAL)


class Judge(salt.utils.minions.CkMinions):
    """Knows its minions from the case, where the real one reads the master's files."""

    def __init__(self, matches):
        self.opts = {"permissive_acl": False}
        self.matches = matches

    def check_minions(self, expr, tgt_type="glob", **kwargs):
        return {"minions": list(self.matches.get(expr, [])), "missing": []}


def answer(case):
    judge = Judge(case.get("matches", {}))
    if case["ask"] == "list":
        return judge.fill_auth_list(case["table"], case["name"], case["groups"], permissive=case["permissive"])
    if case["ask"] == "publish":
        return bool(
            judge.auth_check(
                case["list"], case["fun"], case["args"], "*", "glob", minions=case["minions"], whitelist=["saltutil.find_job"]
            )
        )
    return judge.spec_check(case["list"], case["fun"], {"arg": case["args"], "kwarg": case["kwargs"]}, case["ask"]) is True


print(json.dumps([answer(case) for case in json.load(sys.stdin)]))
