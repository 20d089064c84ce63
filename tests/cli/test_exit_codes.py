"""Which error ends a command with which exit code."""

from __future__ import annotations

import errno

import pytest

from beeper_async import errors
from beeper_async.cli.exit_codes import MEANINGS, ExitCode, exit_code_of
from beeper_async.response import RequestInfo, ResponseInfo

REQUEST = RequestInfo(operation="GET", name="chats.list", method="GET", url="http://localhost/")


def test_each_code_is_explained() -> None:
    assert list(MEANINGS) == list(ExitCode)
    assert [code.value for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 130]
