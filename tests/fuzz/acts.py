"""What happens in the app: one random act after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any, Final

from .frames import Frames
from .lies import Lies
from .store import Chat, Message, Store

_DAY: Final = 86_400.0
_PEOPLE: Final = ("@tomas:app", "@aiko:app", "@priya:app", "@mira:app")
_FACES: Final = ("👍", "❤️", "😂")
_KEY_KINDS: Final = ("text", "negative", "random", "falling")
# What is no lie, and how often it happens.
_ORDINARY: Final = {"write": 40, "burst": 3, "edit": 15, "react": 20, "unreact": 12, "delete": 8}


class World:
    """The chats, and what happens to them."""

    def __init__(self, store: Store, frames: Frames, rng: Random, lies: Lies) -> None:
        self.store = store
        self.lies = lies
        self._frames = frames
        self._rng = rng
        self._loop = asyncio.get_running_loop()
        self._count = 0
        self._silent = {f"account-{number}": self._happens(lies.silent) for number in range(4)}
        for number in range(rng.choice([2, 5, 12, 40])):
            self._begin(self._new_chat(f"!chat{number}:app", -1.0), rng.choice([0, 1, 3, 25, 70]))

    # -- what can happen ----------------------------------------------------------------------

    def act(self) -> str:
        """Let something happen; gives its name."""
        lies = self.lies
        for name in (
            "late_below", "old_on_top", "reaction_messages", "own", "new_chats", "gone_chats",
            "undecodable", "healed", "renumbered",
        ):  # fmt: skip
            if self._happens(getattr(lies, name)):
                act: Callable[[], None] = getattr(self, f"_{name}")
                act()
                return name
        name = self._rng.choices(list(_ORDINARY), list(_ORDINARY.values()))[0]
        act = getattr(self, f"_{name}")
        act()
        return name

    def send_own(self, chat: Chat, text: str) -> Message:
        """Let the user send a message. It gets its final ID after a while."""
        message = self._append(chat, is_own=True, text=text)
        delay = self._rng.choice([0.05, 0.5, 3.0, 20.0])
        self._loop.call_later(delay, self._arrive, message)
        return message

    def _write(self) -> None:
        self._append(self._chat())

    def _burst(self) -> None:
        chat = self._chat()
        for _ in range(self._rng.choice([5, 12, 30])):
            self._append(chat)

    def _edit(self) -> None:
        if message := self._any(lambda one: one.type == "TEXT"):
            self._count += 1
            message.text = f"edited {self._count}"
            message.edited = message.chat.clock.text(self._now)
            self._changed(message)

    def _react(self) -> None:
        if message := self._any(lambda one: one.type == "TEXT"):
            self._add_reaction(message)
            self._changed(message)

    def _unreact(self) -> None:
        if message := self._any(lambda one: bool(one.reactions)):
            del message.reactions[self._rng.choice(list(message.reactions))]
            self._changed(message)

    def _delete(self) -> None:
        if message := self._any():
            message.deleted = "marked" if self._happens(self.lies.marked_deleted) else "gone"
            message.note(self._now)
            if message.deleted == "marked":
                self._frames.upserted(message)
            else:
                self._frames.deleted(message)

    def _late_below(self) -> None:
        chat = self._chat(lambda one: bool(one.messages))
        depth = min(1 + int(self._rng.expovariate(0.15)), len(chat.messages))
        place = len(chat.messages) - depth
        time = chat.messages[place].time - self._rng.choice([0.001, 200.0])
        message = self._new_message(chat, time=time, is_late=True)
        chat.messages.insert(place, message)
        chat.unread += self._rng.randrange(2)
        self._changed(message)

    def _old_on_top(self) -> None:
        chat = self._chat()
        time = self._now - self._rng.uniform(300, 2 * _DAY)
        message = self._new_message(chat, time=time, is_late=True)
        chat.messages.append(message)
        chat.unread += 1
        chat.active = max(chat.active, self._rng.choice([time, self._now]))
        self._changed(message)

    def _reaction_messages(self) -> None:
        if message := self._any(lambda one: one.type == "TEXT"):
            self._add_reaction(message)
            self._changed(message)
            text, linked = "{{sender}} reacted", message.id
            self._append(message.chat, text=text, type="REACTION", linked=linked)

    def _own(self) -> None:
        self._count += 1
        self.send_own(self._chat(), f"own {self._count}")

    def _arrive(self, message: Message) -> None:
        if message.is_deleted:
            return
        message.former_id, message.id = message.id, self._new_id()
        message.is_former_id_known = not self._happens(self.lies.forgotten)
        message.status = message.status and "SUCCESS"
        self._changed(message)

    def _new_chats(self) -> None:
        self._count += 1
        chat = self._new_chat(f"!new{self._count}:app", self._now)
        self._frames.chat(chat, "chat.upserted")
        for _ in range(self._rng.randrange(4)):
            self._append(chat)

    def _gone_chats(self) -> None:
        if len(self.store.living()) > 2:
            chat = self._chat()
            chat.is_gone = True
            self._frames.chat(chat, "chat.deleted")

    def _undecodable(self) -> None:
        self._append(self._chat(), is_readable=False)

    def _healed(self) -> None:
        broken = [one for one in self.store.messages if not (one.is_readable or one.is_deleted)]
        if broken:
            message = self._rng.choice(broken)
            message.is_readable = True
            self._changed(message)

    def _renumbered(self) -> None:
        for message in self._chat().messages:
            message.sort_key = str(self._rng.randrange(-1000, 10**9))
            message.write()

    # -- how it happens -----------------------------------------------------------------------

    @property
    def _now(self) -> float:
        return self._loop.time()

    def _happens(self, rate: float) -> bool:
        return self._rng.random() < rate

    def _chat(self, fits: Callable[[Chat], bool] = lambda _: True) -> Chat:
        """Choose a chat, one of a few most of the time."""
        chats = self.store.living(fits) or self.store.living()
        return self._rng.choice(chats[:4] if self._rng.random() < 0.7 else chats)

    def _any(self, fits: Callable[[Message], bool] = lambda _: True) -> Message | None:
        """Choose a message that is not deleted, a late one most of the time."""
        messages = [
            one
            for one in self._chat().messages
            if not one.deleted and one.is_readable and fits(one)
        ]
        if not messages:
            return None
        depth = int(self._rng.expovariate(0.15))
        return messages[-1 - depth] if depth < len(messages) else self._rng.choice(messages)

    def _add_reaction(self, message: Message) -> None:
        person, face = self._rng.choice(_PEOPLE), self._rng.choice(_FACES)
        message.reactions[person, face] = {
            "id": f"{person}{face}",
            "participantID": person,
            "reactionKey": face,
            "emoji": True,
        }

    def _append(self, chat: Chat, **how: Any) -> Message:
        message = self._new_message(chat, time=self._now, **how)
        chat.messages.append(message)
        chat.active = self._now
        chat.unread += not message.is_own
        self._changed(message)
        return message

    def _changed(self, message: Message) -> None:
        message.note(self._now)
        self._frames.upserted(message)

    def _new_id(self) -> str:
        self._count += 1
        return str(10_000 + self._count)

    def _new_message(
        self,
        chat: Chat,
        *,
        time: float,
        text: str = "",
        type: str = "TEXT",
        linked: str | None = None,
        is_own: bool = False,
        is_readable: bool = True,
        is_late: bool = False,
    ) -> Message:
        message_id = self._new_id()
        return Message(
            chat=chat,
            id=f"m{message_id}" if is_own else message_id,
            time=time,
            made_at=self._now,
            sort_key=self._sort_key(chat),
            text=text or f"text {message_id}",
            type=type,
            linked=linked,
            is_own=is_own,
            status="PENDING" if is_own and chat.has_status else None,
            is_readable=is_readable,
            is_late=is_late,
        )

    def _sort_key(self, chat: Chat) -> str:
        rng, number = self._rng, 1000 * (1 + len(chat.messages))
        return {
            "number": str(number),
            "text": "".join(rng.choice("abcxyz") for _ in range(6)),
            "negative": str(-number),
            "random": str(rng.randrange(10**6)),
            "falling": str(10**9 - number),
        }[chat.key_kind]

    def _new_chat(self, chat_id: str, made_at: float) -> Chat:
        rng, lies = self._rng, self.lies
        account = rng.choice(list(self._silent))
        odd_key, odd_end = rng.choice(_KEY_KINDS), rng.choice(["empty", "countdown"])
        chat = Chat(
            clock=self.store.clock,
            id=chat_id,
            account=account,
            is_silent=self._silent[account],
            end=odd_end if self._happens(lies.odd_ends) else "honest",
            key_kind=odd_key if self._happens(lies.odd_keys) else "number",
            has_status=not self._happens(lies.no_status),
            made_at=made_at,
            active=made_at,
        )
        self.store.chats[chat_id] = chat
        return chat

    def _begin(self, chat: Chat, count: int) -> None:
        """Give a chat a history from before everything."""
        gap = self._rng.choice([30.0, 3600.0])
        for number in range(count, 0, -1):
            message = self._new_message(chat, time=-gap * number)
            message.made_at = -1.0
            if self._rng.random() < 0.1:
                self._add_reaction(message)
            message.note(-1.0)
            chat.messages.append(message)
        chat.active = -gap if count else -_DAY
