"""What a handler gets, what it gives back, and the table that finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, cast
from urllib.parse import unquote

import attrs
import orjson

from .failures import RefusalError, issue, malformed, not_found
from .inputs import BodyReader, QueryReader
from .versions import FIRST_V1, Version
from .world import World

Json = dict[str, Any]
Scope = Literal["read", "write"]


@attrs.frozen
class Answer:
    """A status and a JSON value; None stands for an empty body."""

    json: Any = None
    status: int = 200


DONE = Answer(status=204)


@attrs.frozen(kw_only=True)
class Call:
    """One request on its way to a handler."""

    world: World
    version: Version
    """The app version to behave like."""
    version_text: str
    base_url: str
    page_size: int | None
    """Replaces every default page size when set."""
    params: dict[str, str]
    """The decoded parameters of the path."""
    query: QueryReader
    raw_body: bytes

    def body(self) -> BodyReader:
        """The JSON body; no body reads as an empty object."""
        try:
            values: Any = orjson.loads(self.raw_body) if self.raw_body.strip() else {}
        except orjson.JSONDecodeError:
            raise RefusalError(400, "Body is not valid JSON") from None
        if not isinstance(values, dict):
            raise malformed(issue("invalid_type", "Expected object", "body"))
        return BodyReader(cast(Json, values))

    def chat(self) -> Json:
        """The chat named by the path."""
        chat = self.world.find_chat(self.params["chatID"])
        if chat is None:
            raise not_found("Chat", chatID=self.params["chatID"])
        return chat

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


Handler = Callable[[Call], Answer]


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

    @property
    def scope(self) -> Scope:
        """What a token must be allowed to do."""
        return "read" if self.method == "GET" else "write"

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
