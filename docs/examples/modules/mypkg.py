def myinstall(name):
    """
    Installs a package.

    CLI Example:

    .. code-block:: bash

        tsalt '*' mypkg.myinstall tree
    """
    return __salt__["pkg.install"](name)
