"""The call that shows the user as typing, which the app documents nowhere."""

from __future__ import annotations

import pytest

from beeper_async import AsyncBeeperDesktop, InternalServerError, PermissionDeniedError
from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio


async def test_the_app_shows_it(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat = sim.world.by_activity()[0]["id"]
    assert await client.chats.typing(chat) is True
    assert sim.world.typing == {chat: True}
    assert await client.chats.typing(chat, is_typing=False) is True
    assert sim.world.typing == {chat: False}


@pytest.mark.parametrize("status", [400, 422])
async def test_the_other_form_is_sent_to_an_app_that_refuses_the_first(
    client: AsyncBeeperDesktop, sim: Simulator, status: int
) -> None:
    chat = sim.world.by_activity()[0]["id"]
    sim.respond_next(status, path="*/typing", before=True)
    assert await client.chats.typing(chat) is True
    bodies = [request.json for request in sim.requests if request.path.endswith("/typing")]
    assert bodies == [{"isTyping": True}, {"state": "typing"}]


@pytest.mark.parametrize("status", [400, 404, 405, 422, 501])
async def test_an_app_without_it(client: AsyncBeeperDesktop, sim: Simulator, status: int) -> None:
    view = client.with_options(max_retries=0)
    chat = sim.world.by_activity()[0]["id"]
    sim.respond_next(status, path="*/typing", times=5, before=True)
    assert await view.chats.typing(chat) is False


async def test_a_chat_that_there_is_not(client: AsyncBeeperDesktop) -> None:
    assert await client.chats.typing("!no:such") is False


async def test_what_is_no_answer_to_the_question(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat = sim.world.by_activity()[0]["id"]
    sim.respond_next(500, path="*/typing", times=5)
    with pytest.raises(InternalServerError):
        await client.with_options(max_retries=0).chats.typing(chat)
    sim.clear_responses()
    sim.scopes = ("read",)
    with pytest.raises(PermissionDeniedError):
        await client.chats.typing(chat)
