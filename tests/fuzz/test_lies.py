"""Each lie makes a difference, and what it makes is as documented."""

import asyncio
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from . import virtual_time
from .lies import Lies
from .lying_app import LyingApp
from .store import PAGE, Chat, Clock, Message
from .test_fuzz import NEEDS

# These are up to the player, not to the app.
_OF_THE_PLAYER = {"kicks", "aborts", "sends", "restarts", "slowness"}


async def _seen(lies: Lies, clock: Clock) -> list[Any]:
    """Return all that a client sees of an app in 60 acts."""
    seen: list[Any] = []
    async with LyingApp(1, lies, clock) as app, aiohttp.ClientSession(app.url) as session:

        async def ask(path: str) -> None:
            try:
                async with session.get(path) as answer:
                    text = await answer.text()
                    seen.append((answer.status, text.replace(app.url, "")))
            except aiohttp.ClientError as error:
                seen.append(type(error).__name__)

        async def listen(socket: aiohttp.ClientWebSocketResponse) -> None:
            time = asyncio.get_running_loop().time
            seen.extend([(time(), frame.data) async for frame in socket])

        while True:
            try:
                socket = await session.ws_connect("/v1/ws")
                break
            except aiohttp.WSServerHandshakeError as error:
                seen.append(error.status)
        await socket.send_str('{"type": "subscriptions.set", "chatIDs": ["*"]}')
        listening = asyncio.create_task(listen(socket))
        for _ in range(60):
            app.world.act()
            await asyncio.sleep(0.2)
            for chat in app.store.living()[:2]:
                await ask(f"/v1/chats/{chat.id}/messages")
                for message in chat.messages[-2:]:
                    for one in sorted(message.ids):
                        await ask(f"/v1/chats/{chat.id}/messages/{one}")
        await asyncio.sleep(30)
        await socket.close()
        await listening
    return seen


@pytest.mark.parametrize("name", [name for name in Lies.names() if name not in _OF_THE_PLAYER])
def test_each_lie_makes_a_difference(name: str) -> None:
    honest = Lies.none()
    if name in NEEDS:
        honest = evolve(honest, **{NEEDS[name]: 0.3})
    clock = Clock()
    # An app without any good answer could not even be connected to.
    lying = evolve(honest, **{name: 0.5 if name == "bad_answers" else 1.0})
    first, second = (virtual_time.run(_seen(lies, clock)) for lies in (honest, lying))
    is_different = first != second
    assert is_different


def test_an_app_is_the_same_each_time() -> None:
    clock = Clock()
    first, second = (virtual_time.run(_seen(Lies(), clock)) for _ in range(2))
    assert first == second


def chat_of(count: int, end: str) -> Chat:
    """Return a chat with so many messages."""
    chat = Chat(
        clock=Clock(), id="chat", account="account", is_silent=False, end=end,
        key_kind="number", has_status=True, made_at=-1.0, active=-1.0,
    )  # fmt: skip
    for number in range(count):
        message = Message(
            chat=chat, id=f"{number}", time=-100.0 + number, made_at=-1.0, sort_key="1", text="x"
        )
        message.note(-1.0)
        chat.messages.append(message)
    return chat


def walk(chat: Chat, most: int) -> list[list[str]]:
    """Return the IDs on the pages back from the newest, at most so many pages."""
    pages: list[list[str]] = []
    cursor: str | None = None
    while len(pages) < most:
        page, items = chat.page(cursor, None)
        pages.append([one.id for one in items])
        assert [one["id"] for one in page["items"]] == pages[-1]
        if not (page["hasMore"] and page["oldestCursor"]):
            break
        cursor = page["oldestCursor"]
    return pages


@pytest.mark.parametrize(
    ("end", "sizes"),
    [("honest", [20, 20, 7]), ("empty", [20, 20, 7, 0]), ("countdown", [20, 20, 7, 7, 7])],
)
def test_histories_end_in_three_ways(end: str, sizes: list[int]) -> None:
    pages = walk(chat_of(47, end), most=5)
    assert [len(page) for page in pages] == sizes
    newest_first = [f"{number}" for number in reversed(range(47))]
    assert [one for page in pages[:3] for one in page] == newest_first
    assert all(page == pages[2] for page in pages[3:] if page)


def test_pages_forward_begin_above_the_cursor() -> None:
    chat = chat_of(47, "honest")
    chat.messages[10].deleted = "gone"
    page, items = chat.page("10", "after")
    assert [one.id for one in items] == [f"{number}" for number in range(30, 10, -1)]
    assert page["hasMore"] is True
    _, items = chat.page("30", "after")
    assert len(items) == 47 - 31 < PAGE
