"""How full the file systems of a minion are."""

SKIP = ("tmpfs", "devtmpfs", "udev", "none", "shm")


def run(parameters=None):
    """
    Compares each file system with two limits, in percent.

    CLI Example:

    .. code-block:: bash

        tsalt-run plugins.check disk '*' parameters='{warning: 70, error: 85}'
    """
    parameters = parameters or {}
    warning = float(parameters.get("warning", 80))
    error = float(parameters.get("error", 90))
    skip = parameters.get("skip", SKIP)
    disks = []
    for mount, usage in sorted(__salt__["disk.usage"]().items()):
        capacity = str(usage.get("capacity", "")).rstrip("%")
        if not capacity.isdigit() or usage.get("filesystem") in skip:
            continue
        used = int(capacity)
        status = "error" if used >= error else "warning" if used >= warning else "OK"
        disks.append({"mount": mount, "device": usage.get("filesystem"), "used": used, "status": status})
    worst = [one for one in disks if one["status"] == "error"]
    late = [one for one in disks if one["status"] == "warning"]
    fullest = max(disks, key=lambda one: one["used"]) if disks else None
    message = "there are no file systems" if fullest is None else "{mount} is {used} % full".format(**fullest)
    return {
        "status": "error" if worst else "warning" if late else "OK",
        "message": message,
        "data": {"disks": disks, "warning": warning, "error": error},
        "metrics": {"disk.{}".format(one["mount"].strip("/").replace("/", ".") or "root"): one["used"] for one in disks},
    }
