"""The exit codes, the same in all commands, and which error ends with which of them."""

import errno
from enum import IntEnum
from typing import Final

from beeper_async import errors
from beeper_async.archive import errors as archive_errors
from beeper_async.auth import errors as auth_errors


class ExitCode(IntEnum):
    """How a command ended. Scripts rely on the numbers, so they stay."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    TOKEN = 3
    UNAVAILABLE = 4
    NOT_FOUND = 5
    AMBIGUOUS = 6
    PROBLEMS = 7
    DISK_FULL = 8
    INTERRUPTED = 130


MEANINGS: Final = {
    ExitCode.DONE: "Done.",
    ExitCode.ERROR: "The command failed for another reason.",
    ExitCode.USAGE: "An option or a setting is invalid.",
    ExitCode.TOKEN: "The access token is missing, or the app refused it.",
    ExitCode.UNAVAILABLE: "The app can't be reached, or is not ready.",
    ExitCode.NOT_FOUND: "Nothing was found.",
    ExitCode.AMBIGUOUS: "More than one chat or person matches.",
    ExitCode.PROBLEMS: "Finished, but with problems.",
    ExitCode.DISK_FULL: "The disk is full.",
    ExitCode.INTERRUPTED: "Stopped with Ctrl-C.",
}

# The first class that matches decides.
_BY_CLASS: Final[tuple[tuple[type[Exception], ExitCode], ...]] = (
    # Some of these are connection errors too. A script that starts again after "can't be reached"
    # would then send a message twice.
    (errors.OutcomeUnknownError, ExitCode.ERROR),
    (errors.MissingTokenError, ExitCode.TOKEN),
    (errors.AuthenticationError, ExitCode.TOKEN),
    (errors.PermissionDeniedError, ExitCode.TOKEN),
    (auth_errors.TokenStoreError, ExitCode.TOKEN),
    (auth_errors.LoginError, ExitCode.TOKEN),
    (auth_errors.AppNotFoundError, ExitCode.UNAVAILABLE),
    (auth_errors.SeveralAppsError, ExitCode.AMBIGUOUS),
    (errors.ConfigurationError, ExitCode.USAGE),
    (errors.InvalidInputError, ExitCode.USAGE),
    (errors.APIConnectionError, ExitCode.UNAVAILABLE),
    (errors.NotFoundError, ExitCode.NOT_FOUND),
    (errors.ChatNotFoundError, ExitCode.NOT_FOUND),
    (errors.ContactNotFoundError, ExitCode.NOT_FOUND),
    (errors.AmbiguousChatError, ExitCode.AMBIGUOUS),
    (errors.AmbiguousContactError, ExitCode.AMBIGUOUS),
    (archive_errors.ChatNotArchivedError, ExitCode.NOT_FOUND),
    (archive_errors.ArchiveNotFoundError, ExitCode.NOT_FOUND),
    (archive_errors.AmbiguousArchivedChatError, ExitCode.AMBIGUOUS),
)
_BY_STATUS: Final = {503: ExitCode.UNAVAILABLE}
_BY_ERRNO: Final = {errno.ENOSPC: ExitCode.DISK_FULL, errno.EDQUOT: ExitCode.DISK_FULL}


def exit_code_of(error: Exception) -> ExitCode:
    """Return the exit code of a command that an error ended."""
    for cls, code in _BY_CLASS:
        if isinstance(error, cls):
            return code
    if isinstance(error, errors.APIStatusError):
        return _BY_STATUS.get(error.status_code, ExitCode.ERROR)
    if isinstance(error, OSError) and error.errno is not None:
        return _BY_ERRNO.get(error.errno, ExitCode.ERROR)
    return ExitCode.ERROR
