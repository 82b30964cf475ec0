"""Starts, stops and restarts services, and tells which of them run afterwards."""

ACTIONS = ("status", "start", "stop", "restart")


def run(parameters=None):
    """
    Does one thing with some services.

    CLI Example:

    .. code-block:: bash

        tsalt-run plugins.run services 'web*' parameters='{action: restart, services: [nginx]}'
    """
    parameters = parameters or {}
    action = parameters.get("action", "status")
    names = parameters.get("services") or []
    if action not in ACTIONS:
        return {"status": "error", "message": "There is no action {}".format(action), "data": {}}
    services = []
    for name in names:
        done = None
        if not __salt__["service.available"](name):
            services.append({"name": name, "running": False, "done": None, "problem": "there is no such service"})
            continue
        if action != "status":
            done = bool(__salt__["service.{}".format(action)](name))
        running = bool(__salt__["service.status"](name))
        good = not running if action == "stop" else running
        problem = "" if good and done is not False else "it is {}".format("running" if running else "not running")
        services.append({"name": name, "running": running, "done": done, "problem": problem})
    wrong = [one["name"] for one in services if one["problem"]]
    message = "{}: {}".format(action, ", ".join(names) or "no services")
    if wrong:
        message = "{}: not as it should be: {}".format(action, ", ".join(wrong))
    return {"status": "error" if wrong else "OK", "message": message, "data": {"action": action, "services": services}}
