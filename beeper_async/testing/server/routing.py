"""What a handler gets, what it gives back, and the table that finds it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, cast
from urllib.parse import unquote

import attrs
import orjson

from ..listings.listing_faults import ListingFault, ListingName
from ..listings.message_cursors import MessageCursors
from ..world.assets import Asset
from ..world.world import World
from .inputs import BodyReader, QueryReader
from .ranges import FilePart
from .refusals import RefusalError, issue, malformed, not_found
from .request_body import RequestBody
from .versions import FIRST_V1, Version

Json = dict[str, Any]
Scope = Literal["read", "write"]


@attrs.frozen
class RouteResponse:
    """A status and a JSON value; None stands for an empty body unless there is a `file`."""

    json: Any = None
    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    file: FilePart | None = None
    """Bytes to send instead of JSON."""


NO_CONTENT = RouteResponse(status=204)


@attrs.frozen(kw_only=True)
class RoutedRequest:
    """One request on its way to a handler."""

    world: World
    version: Version
    """The app version to behave like."""
    version_text: str
    base_url: str
    page_size: int | None
    """Replaces every default page size when set."""
    path: str
    """The path as it came over the wire, without the base path."""
    params: dict[str, str]
    """The decoded parameters of the path."""
    query: QueryReader
    headers: Mapping[str, str]
    """The request headers; lookups ignore case."""
    raw_body: bytes
    """The whole body, which is empty where the route streams."""
    message_cursors: MessageCursors
    """How the cursors of message listings are written and read."""
    listing_faults: Sequence[ListingFault]
    """How to serve the listing wrongly, when the route is a listing."""
    failing_chats: Mapping[str, int]
    """By chat ID, the status of all responses to requests of this chat."""
    stream: RequestBody
    """The body as it arrives, where the route streams."""

    def body(self) -> BodyReader:
        """The JSON body; no body reads as an empty object."""
        return _read_object(self.raw_body)

    async def streamed_body(self) -> BodyReader:
        """The same where the route streams."""
        raw = bytearray()
        async for chunk in self.stream:
            raw += chunk
        return _read_object(raw)

    def chat(self) -> Json:
        """The chat named by the path."""
        chat = self.world.find_chat(self.params["chatID"])
        if chat is None:
            raise not_found("Chat", chatID=self.params["chatID"])
        status = self.failing_chats.get(chat["id"])
        if status is not None:
            raise RefusalError(status)
        return chat

    def account(self) -> Json:
        """The account named by the path."""
        account = self.world.accounts.get(self.params["accountID"])
        if account is None:
            raise not_found("Account", accountID=self.params["accountID"])
        return account

    def upload(self, upload_id: str) -> Asset:
        """The upload with the given ID."""
        upload = self.world.assets.upload(upload_id)
        if upload is None:
            raise not_found("Upload", uploadID=upload_id)
        return upload

    def message(self, chat: Json, message_id: str | None = None) -> Json:
        """The message named by the path, or the one with the given ID."""
        wanted = self.params["messageID"] if message_id is None else message_id
        message = self.world.find_message(chat["id"], wanted)
        if message is None:
            raise not_found("Message", chatID=chat["id"], messageID=wanted)
        return message

    def default_size(self, usual: int) -> int:
        """The page size when the caller names none."""
        return usual if self.page_size is None else self.page_size


def _read_object(raw: bytes | bytearray) -> BodyReader:
    try:
        values: Any = orjson.loads(raw) if raw.strip() else {}
    except orjson.JSONDecodeError:
        raise RefusalError(400, "Body is not valid JSON") from None
    if not isinstance(values, dict):
        raise malformed(issue("invalid_type", "Expected object", "body"))
    return BodyReader(cast(Json, values))


Handler = Callable[[RoutedRequest], RouteResponse | Awaitable[RouteResponse]]
"""Runs while the world is locked, unless it is a coroutine: that takes the lock itself."""


@attrs.frozen(kw_only=True)
class Route:
    """One endpoint, with the app versions that have it: from `since` on, but before `until`."""

    method: str
    path: str
    handler: Handler
    since: Version = FIRST_V1
    until: Version | None = None
    public: bool = False
    """Needs no token."""
    streams: bool = False
    """Takes the body as it arrives; the handler is a coroutine."""
    upgrades: bool = False
    """Becomes a socket if the request asks for that; the handler gets the others."""
    listing: ListingName | None = None
    """Its name if it is a listing, which can have faults."""
    only_reads: bool = False
    """Needs no more than the read scope although it is no GET."""

    @property
    def scope(self) -> Scope:
        """What a token must be allowed to do."""
        return "read" if self.only_reads or self.method == "GET" else "write"

    def exists_in(self, version: Version) -> bool:
        """Whether an app of this version has the endpoint."""
        return self.since <= version and (self.until is None or version < self.until)

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """The path parameters, or None when the path is another one."""
        pattern = self.path.strip("/").split("/")
        if len(pattern) != len(segments):
            return None
        params: dict[str, str] = {}
        for wanted, raw in zip(pattern, segments, strict=True):
            if wanted.startswith("{") and raw:
                params[wanted[1:-1]] = unquote(raw)
            elif wanted != raw:
                return None
        return params


class RouteTable:
    """Finds the endpoint of a request.

    It reads the path as it came over the wire, so that an escaped slash stays inside its segment.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        # A fixed word must win over a parameter: /v1/chats/search is not a chat called "search".
        self._routes = sorted(routes, key=lambda route: route.path.count("{"))

    def find(
        self, method: str, raw_path: str, version: Version
    ) -> tuple[Route, dict[str, str]] | None:
        """The endpoint and its path parameters, if an app of this version has one."""
        segments = raw_path.removeprefix("/").split("/")
        for route in self._routes:
            if route.method == method and route.exists_in(version):
                params = route.match(segments)
                if params is not None:
                    return route, params
        return None
