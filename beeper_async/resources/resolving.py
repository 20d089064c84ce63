"""Finding the one chat, or the one person, that a text names."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import nlargest
from typing import Final, Generic, Protocol, TypeVar

from attrs import frozen

from .._http.unreadable import Unreadable
from .._omit import Omit, omit
from .._paging.page import AsyncCursorNoLimit
from .._paging.paginator import AsyncPaginator
from .._validation import check_bool, check_text_list
from ..errors import (
    AmbiguousChatError,
    AmbiguousContactError,
    BadRequestError,
    ChatNotFoundError,
    ContactNotFoundError,
    InvalidInputError,
    NotFoundError,
    PaginationError,
    UnprocessableEntityError,
)
from ..models.chat import Chat, ChatListResponse
from ..models.contact import Contact
from .matching import Matcher, comparable
from .phone_numbers import e164

T = TypeVar("T")

PAGE_SIZE: Final = 200
_MOST_HINTS: Final = 5
_MOST_IDS: Final = 10
_EVERYONE: Final = -1


class Chats(Protocol):
    """The two calls of `chats` by which chats are found."""

    async def retrieve(
        self, chat_id: str, *, max_participant_count: int | None | Omit = omit
    ) -> Chat:
        """Get one chat."""
        ...

    def list(
        self, *, account_ids: Iterable[str] | Omit = omit, limit: int | Omit = omit
    ) -> AsyncPaginator[ChatListResponse, AsyncCursorNoLimit[ChatListResponse]]:
        """List the chats."""
        ...


@frozen
class Scope:
    """The accounts that are searched."""

    account_ids: Sequence[str] | None
    """None means all accounts."""
    network: str | None
    """None means all networks."""

    def has(self, account_id: str, network: str | None) -> bool:
        """Whether an account of a network is searched. An unknown network is no network."""
        if self.account_ids is not None and account_id not in self.account_ids:
            return False
        if self.network is None:
            return True
        return network is not None and comparable(network) == comparable(self.network)


def checked(
    query: str, account_ids: Iterable[str] | Omit, network: str | Omit, exact: bool
) -> tuple[Matcher, Scope]:
    """Check the parameters of a search for one chat or person."""
    for name, text in (("query", query), ("network", network or "any")):
        if not isinstance(text, str) or not text.strip():
            raise InvalidInputError(f"{name} must be text that is not blank.")
    check_bool("exact", exact)
    ids = check_text_list("account_ids", account_ids)
    return Matcher(query, exact=exact), Scope(ids or None, network or None)


class Findings(Generic[T]):
    """What a search has found so far: what matches, and the most similar of the rest."""

    def __init__(self) -> None:
        self.matches: dict[tuple[str, str], T] = {}
        """By account and ID, because a listing can show a record twice."""
        self.unclear: int = 0
        """Number of records that can't be read and may match."""
        self._near: dict[tuple[str, str], tuple[float, T]] = {}

    def add(self, key: tuple[str, str], found: T) -> None:
        """Add a match."""
        self.matches[key] = found

    def hint(self, key: tuple[str, str], likeness: float, found: T) -> None:
        """Keep what does not match, if it is more similar than what is kept."""
        if likeness > 0:
            self._near[key] = likeness, found
            best = nlargest(_MOST_HINTS, self._near.items(), key=lambda item: item[1][0])
            self._near = dict(best)

    def check(self, records: Sequence[Unreadable], wanted: Matcher) -> None:
        """Count the records that can't be read and may match."""
        lost = [record.raw for record in records if record.item is None]
        self.unclear += sum(map(wanted.may_fit, lost))

    def raise_if_unclear(self, call: str) -> None:
        """Refuse to name one match while others may exist."""
        if self.unclear:
            raise PaginationError(
                f"{call}: {self.unclear} of the records can't be read and may be what you mean. "
                "Pass the ID instead."
            )

    @property
    def near(self) -> list[T]:
        """What is similar, the most similar first."""
        best = sorted(self._near.values(), key=lambda pair: -pair[0])
        return [found for _, found in best]


class ChatSearch:
    """Goes through pages of chats.

    Args:
        chats: The calls.
        wanted: What names the chat.
        scope: The accounts that are searched.
    """

    def __init__(self, chats: Chats, wanted: Matcher, scope: Scope) -> None:
        self._chats = chats
        self._wanted = wanted
        self._scope = scope
        self._found = Findings[Chat]()
        self._seen: dict[str, datetime | None] = {}

    async def run(self) -> Chat:
        """Find the one chat, or raise the error that says why there is none."""
        known = await self._by_id()
        if known is not None and known.id == self._wanted.text:
            # An ID is of one chat alone, so titles that read like it do not count.
            self._judge(known)
            return self._only()
        if known is not None:
            await self._look_at(known)
        ids = omit if self._scope.account_ids is None else self._scope.account_ids
        pages = 0
        async for page in self._chats.list(account_ids=ids, limit=PAGE_SIZE).iter_pages():
            await self._look_through(page)
            pages += 1
        if pages > 1:
            # A chat that became active during the walk has moved up, to a page read before.
            async for page in self._chats.list(account_ids=ids, limit=PAGE_SIZE).iter_pages():
                if not await self._look_through(page):
                    break
        self._found.raise_if_unclear("chats.resolve")
        return self._only()

    async def _by_id(self) -> Chat | None:
        """Get the chat if the text is an ID, which costs one call instead of the whole list."""
        try:
            return await self._chats.retrieve(self._wanted.text)
        except (NotFoundError, BadRequestError, UnprocessableEntityError, InvalidInputError):
            return None  # no ID, or nothing that could be one

    async def _look_through(self, page: AsyncCursorNoLimit[ChatListResponse]) -> bool:
        """Look at the chats of a page. Return whether all of them are new or have changed."""
        all_new = True
        for chat in page.items:
            if chat.id in self._seen and self._seen[chat.id] == chat.last_activity:
                all_new = False
                continue
            self._seen[chat.id] = chat.last_activity
            await self._look_at(chat)
        self._found.check(page.unreadable, self._wanted)
        return all_new

    async def _look_at(self, chat: Chat) -> None:
        is_cut = chat.type == "single" and chat.participants.has_more
        if is_cut and not self._wanted.fits_chat(chat):
            try:
                chat = await self._chats.retrieve(chat.id, max_participant_count=_EVERYONE)
            except NotFoundError:
                return  # deleted meanwhile
        self._judge(chat)

    def _judge(self, chat: Chat) -> None:
        if not self._scope.has(chat.account_id, chat.network):
            return
        key = chat.account_id, chat.id
        if self._wanted.fits_chat(chat):
            self._found.add(key, chat)
        else:
            self._found.matches.pop(key, None)  # it may have been renamed during the walk
            self._found.hint(key, self._wanted.likeness_of_chat(chat), chat)

    def _only(self) -> Chat:
        found = {chat.id: chat for chat in self._found.matches.values()}
        # The members of a merged chat that matches too are that one chat to the user.
        whole = {chat.id for chat in found.values() if chat.merged_into_chat_id is None}
        matches = [chat for chat in found.values() if chat.merged_into_chat_id not in whole]
        if len(matches) == 1:
            return matches[0]
        if not matches:
            near = self._found.near
            raise ChatNotFoundError(f"chats.resolve: no chat matches.{_similar(len(near))}", near)
        raise AmbiguousChatError(
            f"chats.resolve: {len(matches)} chats match. Pass the ID of one, or narrow the search "
            f"with account_ids, network or exact=True. {_listed(chat.id for chat in matches)}",
            matches,
        )


def looked_up(query: str) -> bool:
    """Whether the app looks a text up on the network, instead of only among known contacts."""
    return e164(query) is not None or "@" in query


def judge_contact(found: Findings[Contact], wanted: Matcher, contact: Contact) -> None:
    """Add a person to what was found, or to the hints."""
    if contact.user.is_self:
        return
    key = contact.account_id, contact.user.id
    if wanted.fits_person(contact.user):
        found.add(key, contact)
    else:
        found.hint(key, wanted.likeness_of_person(contact.user), contact)


def only_contact(found: Findings[Contact]) -> Contact:
    """Return the one person found, or raise the error that says why there is none."""
    found.raise_if_unclear("accounts.contacts.resolve")
    matches = list(found.matches.values())
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise ContactNotFoundError(
            f"accounts.contacts.resolve: no contact matches.{_similar(len(found.near))}", found.near
        )
    raise AmbiguousContactError(
        f"accounts.contacts.resolve: {len(matches)} contacts match. Pass the user ID of one, or "
        "narrow the search with account_ids, network or exact=True. "
        f"{_listed(contact.user.id for contact in matches)}",
        matches,
    )


def _similar(count: int) -> str:
    return f" Similar ones are in `near`: {count}." if count else ""


def _listed(ids: Iterable[str]) -> str:
    all_ids = list(ids)
    more = f", and {len(all_ids) - _MOST_IDS} more" if len(all_ids) > _MOST_IDS else ""
    return f"IDs: {', '.join(all_ids[:_MOST_IDS])}{more}."
