"""Showing the user as typing, in both forms that programs send."""

from __future__ import annotations

from typing import Any

import pytest

from beeper_async.testing import Simulator

from ..conftest import Api

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    ("body", "typing"),
    [
        ({"isTyping": True}, True),
        ({"isTyping": False}, False),
        ({"state": "typing"}, True),
        ({"state": "paused"}, False),
    ],
)
async def test_both_forms(
    sim: Simulator, api: Api, mum: dict[str, Any], body: dict[str, Any], typing: bool
) -> None:
    assert await api("POST", f"/v1/chats/{mum['id']}/typing", body) == (204, None)
    assert sim.world.typing == {mum["id"]: typing}


@pytest.mark.parametrize("body", [{}, {"state": "away"}, {"isTyping": True, "state": "typing"}])
async def test_other_forms_are_refused(
    sim: Simulator, api: Api, mum: dict[str, Any], body: dict[str, Any]
) -> None:
    assert (await api("POST", f"/v1/chats/{mum['id']}/typing", body))[0] == 400
    assert sim.world.typing == {}
