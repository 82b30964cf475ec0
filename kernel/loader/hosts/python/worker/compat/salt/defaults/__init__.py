"""Values by default."""


class NullValue:
    """Stands for a value that was not given, where None is one."""

    def __bool__(self):
        return False


NOT_SET = NullValue()
