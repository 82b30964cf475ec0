"""Files: opening, copying, removing, reading whole."""

import contextlib
import os
import shutil
import stat
import tempfile


def fopen(*args, **kwargs):
    """`open`, with UTF-8 for text and no inheritance by children."""
    mode = kwargs.get("mode", args[1] if len(args) > 1 else "r")
    if "b" not in mode:
        kwargs.setdefault("encoding", "utf-8")
    return open(*args, **kwargs)


@contextlib.contextmanager
def flopen(*args, **kwargs):
    import fcntl

    with fopen(*args, **kwargs) as handle:
        fcntl.flock(handle.fileno(), fcntl.LOCK_SH)
        try:
            yield handle
        finally:
            fcntl.flock(handle.fileno(), fcntl.LOCK_UN)


@contextlib.contextmanager
def fpopen(*args, uid=-1, gid=-1, mode=None, **kwargs):
    """Opens a file and gives it an owner and a mode."""
    with fopen(*args, **kwargs) as handle:
        if (uid, gid) != (-1, -1):
            os.chown(args[0], uid, gid)
        if mode is not None:
            os.chmod(args[0], mode)
        yield handle


@contextlib.contextmanager
def set_umask(mask):
    if mask is None:
        yield
        return
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mkstemp(*args, **kwargs):
    """A new file of that kind, closed; its path."""
    close = kwargs.pop("close_fd", True)
    handle, path = tempfile.mkstemp(*args, **{"prefix": "__salt.tmp.", **kwargs})
    if not close:
        return handle, path
    os.close(handle)
    return path


def copyfile(source, dest, backup_mode="", cachedir=""):
    shutil.copyfile(source, dest)
    shutil.copymode(source, dest)


def rename(src, dst):
    os.replace(src, dst)


def remove(path):
    """Removes a file; that it is not there is no error."""
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)


safe_rm = remove


def rm_rf(path):
    if os.path.islink(path) or not os.path.isdir(path):
        remove(path)
    else:
        shutil.rmtree(path)


def is_empty(filename):
    try:
        return os.stat(filename).st_size == 0
    except OSError:
        return False


def is_text(fp_, blocksize=512):
    """Whether a file (open, or its path) holds text: no NUL and UTF-8 in its first block."""
    with fopen(fp_, "rb") if isinstance(fp_, (str, bytes)) else contextlib.nullcontext(fp_) as handle:
        block = handle.read(blocksize)
    block = block.encode("utf-8") if isinstance(block, str) else block
    if b"\x00" in block:
        return False
    # The block may end within a character.
    return any(decodes(block[: len(block) - cut]) for cut in range(4))


def decodes(block):
    try:
        block.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


is_binary = lambda path: os.path.isfile(path) and not is_text(path)  # noqa: E731


def is_fcntl_available(check_sunos=False):
    return True


def normalize_mode(mode):
    if mode is None:
        return None
    text = str(mode).replace("0o", "0").strip("\"'")
    digits = text.lstrip("0").rjust(3, "0")
    return digits if len(digits) > 3 else "0" + digits


def list_files(directory):
    return sorted({os.path.join(root, name) for root, folders, files in os.walk(directory) for name in folders + files} | {directory})


def process_read_exception(exc, path, ignore=None):
    from salt.exceptions import CommandExecutionError

    if ignore is not None and exc.errno in (ignore if isinstance(ignore, (list, tuple)) else [ignore]):
        return
    raise CommandExecutionError("%s cannot be read: %s" % (path, exc.strerror))


def get_mode(path):
    return oct(stat.S_IMODE(os.stat(path).st_mode))[2:].rjust(4, "0")
