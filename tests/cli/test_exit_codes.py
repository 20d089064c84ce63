"""Which error ends a command with which exit code."""

from __future__ import annotations

import errno

import pytest

from beeper_async import auth, errors
from beeper_async._response import RequestInfo, ResponseInfo
from beeper_async.archive import errors as archive_errors
from beeper_async.cli.exit_codes import MEANINGS, ExitCode, exit_code_of

REQUEST = RequestInfo(name="chats.list", method="GET", url="http://localhost/v1/chats")


def answered(cls: type[errors.APIStatusError], status: int) -> errors.APIStatusError:
    response = ResponseInfo(request=REQUEST, status_code=status, headers={}, elapsed=0.1, attempt=0)
    return cls("no", request=REQUEST, response=response)


def test_each_code_has_its_number_and_is_explained() -> None:
    assert [code.value for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 130]
    assert list(MEANINGS) == list(ExitCode)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.BeeperDesktopError("no"), 1),
        (errors.ClientUseError("closed"), 1),
        (errors.PaginationError("circle"), 1),
        (errors.ConfigurationError("base_url"), 2),
        (errors.InvalidInputError("chat_id"), 2),
        (errors.MissingTokenError("none"), 3),
        (auth.TokenStoreError("damaged"), 3),
        (auth.LoginTimeoutError("late"), 3),
        (auth.LoginDeniedError("no", "access_denied"), 3),
        (auth.AppNotFoundError("none"), 4),
        (auth.SeveralAppsError("two", []), 6),
        (answered(errors.AuthenticationError, 401), 3),
        (answered(errors.PermissionDeniedError, 403), 3),
        (errors.APIConnectionError("no app", request=REQUEST), 4),
        (errors.APITimeoutError("late", request=REQUEST), 4),
        (answered(errors.InternalServerError, 503), 4),
        (answered(errors.NotFoundError, 404), 5),
        (errors.ChatNotFoundError("none"), 5),
        (errors.ContactNotFoundError("none"), 5),
        (errors.AmbiguousChatError("two"), 6),
        (errors.AmbiguousContactError("two"), 6),
        (archive_errors.ChatNotArchivedError("none"), 5),
        (archive_errors.ArchiveNotFoundError("none"), 5),
        (archive_errors.AmbiguousArchivedChatError("two"), 6),
        (archive_errors.ArchiveMismatchError("another"), 1),
        (answered(errors.BadRequestError, 400), 1),
        (answered(errors.RateLimitError, 429), 1),
        (answered(errors.InternalServerError, 500), 1),
        (OSError(errno.ENOSPC, "full"), 8),
        (OSError(errno.EDQUOT, "full for this user"), 8),
        (OSError(errno.EIO, "broken"), 1),
        (OSError("without a number"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_an_error_has_one_code(error: Exception, code: int) -> None:
    assert exit_code_of(error) == code


def test_an_unknown_outcome_does_not_look_like_an_app_that_is_away() -> None:
    lost = errors.LostResponseError("sent, no answer", request=REQUEST)
    assert isinstance(lost, errors.APIConnectionError)
    assert exit_code_of(lost) == ExitCode.ERROR
