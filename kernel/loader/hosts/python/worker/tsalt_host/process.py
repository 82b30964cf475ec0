"""The process: takes what the minion says, forks a child for each job, and tells how the children ended."""

import gc
import os
import select
import signal
import socket
import sys

from tsalt_host.channel import Channel
from tsalt_host.host import Host


def start_job(host, message, control):
    pid = os.fork()
    if pid:
        control.send({"op": "started", "id": message["id"], "pid": pid})
        return pid
    # A session of its own, so that the minion can end the job with all that it started.
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    control.sock.close()
    status = 1
    try:
        host.run(message)
        status = 0
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, OSError, ValueError):
                pass  # the module has closed it
        # Not sys.exit: the handlers at exit belong to the parent.
        os._exit(status)


def reap(jobs, control):
    while jobs:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        if pid in jobs:
            code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            control.send({"op": "exited", "id": jobs.pop(pid), "status": code})


def serve():
    control = Channel(socket.socket(fileno=3))
    host = Host(control)
    jobs = {}
    woken, waker = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([control.sock, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            reap(jobs, control)
        if control.sock not in ready:
            continue
        message = control.receive()
        if message is None:
            break
        if message["op"] == "context":
            host.set_context(message)
        elif message["op"] == "load":
            host.load(message)
            # What is frozen stays shared with the children: their collector does not write to it.
            getattr(gc, "freeze", gc.collect)()
        elif message["op"] == "find":
            host.find(message)
        elif message["op"] == "run":
            jobs[start_job(host, message, control)] = message["id"]
    leave(jobs)


def leave(jobs):
    """The minion has gone, perhaps without a farewell: nothing of ours may stay behind."""
    for pid in jobs:
        try:
            os.killpg(pid, signal.SIGTERM)
        except OSError:
            pass  # it has ended meanwhile
    try:
        os.unlink(sys.argv[1])
        os.rmdir(os.path.dirname(sys.argv[1]))
    except OSError:
        pass  # the minion has removed them itself

