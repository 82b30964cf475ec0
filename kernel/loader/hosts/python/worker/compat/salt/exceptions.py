"""Salt's exceptions by name; what a minion makes of each is told by its name."""


class SaltException(Exception):
    def __init__(self, message=""):
        super().__init__(message)
        self.message = self.strerror = message if isinstance(message, str) else str(message)

    def __str__(self):
        return self.strerror


class SaltClientError(SaltException):
    pass


class SaltInvocationError(SaltException, TypeError):
    pass


class CommandExecutionError(SaltException):
    def __init__(self, message="", info=None):
        self.error = message if isinstance(message, str) else str(message)
        self.info = info
        details = info if isinstance(info, (list, tuple)) else [info] if isinstance(info, str) else []
        lines = [self.error] + ([""] if details and self.error else []) + [str(detail) for detail in details]
        super().__init__("\n".join(lines).strip())


class LoaderError(SaltException):
    pass


class PublishError(SaltException):
    pass


class MinionError(SaltException):
    pass


class FileserverConfigError(SaltException):
    pass


class FileLockError(SaltException):
    pass


class GitLockError(SaltException):
    pass


class CommandNotFoundError(SaltException):
    pass


class PkgParseError(SaltException):
    pass


class SaltRenderError(SaltException):
    pass


class SaltReqTimeoutError(SaltException):
    pass


class TimedProcTimeoutError(SaltException):
    pass


class TimeoutError(SaltException):
    pass


class EauthAuthenticationError(SaltException):
    pass


class TokenAuthenticationError(SaltException):
    pass


class AuthenticationError(SaltException):
    pass


class AuthorizationError(SaltException):
    pass


class UnsupportedAlgorithm(SaltException):
    pass


class SaltSystemExit(SystemExit):
    def __init__(self, code=0, msg=None):
        super().__init__(msg if msg else code)


class SaltConfigurationError(SaltException):
    pass


class NotImplemented(SaltException):
    pass


class TemplateError(SaltException):
    pass


class ArgumentValueError(SaltException):
    pass


class CheckError(SaltException):
    pass


class InvalidConfigError(SaltException):
    pass


class InvalidEntityError(SaltException):
    pass


class SaltDeserializationError(SaltException):
    pass


class VMwareSaltError(CommandExecutionError):
    pass


class SaltMasterError(SaltException):
    pass


class SaltRunnerError(SaltException):
    pass


class SaltWheelError(SaltException):
    pass
