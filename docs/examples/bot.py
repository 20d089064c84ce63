"""Reacts to new messages in groups, replies if told so, and marks them as read.

python docs/examples/bot.py --demo      three rounds
python docs/examples/bot.py             until Ctrl-C; reacts, and sends nothing
python docs/examples/bot.py --reply "I am away until Monday."
"""

import argparse
import asyncio
import contextlib
import itertools
from datetime import datetime

from beeper_async import APIConnectionError, AsyncBeeperDesktop, NotFoundError
from beeper_async.models import Chat, Message
from beeper_async.testing import Simulator


async def answer(client: AsyncBeeperDesktop, chat: Chat, message: Message, reply: str) -> None:
    """React, reply, then mark as read."""
    try:
        await client.chats.messages.reactions.add(message.id, chat_id=chat.id, reaction_key="👀")
        if reply:
            await client.messages.send(chat.id, text=reply, reply_to_message_id=message.id)
        await client.chats.mark_read(chat.id, message_id=message.id)
    except NotFoundError:
        return  # deleted in the meantime
    print(f"{chat.title}: answered {message.sender_name}")


async def look(client: AsyncBeeperDesktop, since: datetime | None, reply: str) -> datetime | None:
    """Answer what is new since the last round; return the time of the newest activity."""
    newest = since
    async with asyncio.TaskGroup() as tasks:
        async for chat in client.chats.list(limit=100):
            if chat.last_activity is None or (since and chat.last_activity <= since):
                break  # sorted by activity: nothing new comes after this one
            newest = max(newest or chat.last_activity, chat.last_activity)
            message = chat.preview
            if chat.type == "group" and chat.unread_count and message and not message.is_sender:
                tasks.create_task(answer(client, chat, message, reply))
    return newest


async def watch(client: AsyncBeeperDesktop, rounds: int | None, pause: float, reply: str) -> None:
    """Look again and again, also when the app is away for a while."""
    since = None
    for _ in itertools.count() if rounds is None else range(rounds):
        try:
            since = await look(client, since, reply)
        except* APIConnectionError:
            print("no connection to the app; trying again")
        await asyncio.sleep(pause)


async def main() -> None:
    """Read the options and watch."""
    parser = argparse.ArgumentParser(description="React and reply to new messages.")
    parser.add_argument("--demo", action="store_true", help="use a simulated app")
    parser.add_argument("--reply", default="", help="text to reply with; none is sent without it")
    options = parser.parse_args()
    async with contextlib.AsyncExitStack() as stack:
        if options.demo:
            app = await stack.enter_async_context(Simulator())
            client = AsyncBeeperDesktop(base_url=app.url, access_token=app.token)
        else:
            client = AsyncBeeperDesktop()
        await stack.enter_async_context(client)
        rounds, pause = (3, 0.2) if options.demo else (None, 10.0)
        await watch(client, rounds, pause, options.reply)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
