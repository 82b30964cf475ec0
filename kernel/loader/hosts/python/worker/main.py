"""Runs a minion's custom Python modules; started by process.ts of the folder above, never by hand.

The process imports all modules once, then waits. Each job runs in a child forked from it: forking a warm
process takes a millisecond or two, and whatever a module does there - hang, os._exit, leak, change a global -
ends with the child, while the minion, this process and the other jobs go on. The price is that a module cannot
keep anything in memory from one job to the next; real Salt's minion, which forks per job, has the same rule.

Frames travel on sockets of their own, so that what a module prints can never damage them: file descriptor 3 leads
to the minion, and each child opens a socket to it.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# The real Salt goes first where this python3 has it; what lies here stands in for it elsewhere.
sys.path.append(os.path.join(HERE, "compat"))

from tsalt_host.process import serve  # noqa: E402

# Modules shall not find this folder's own packages by chance.
sys.path.remove(sys.path[0])

if __name__ == "__main__":
    serve()
