"""What apps, and what stands between, send that is not what a call expects. Pure."""

import json
from collections.abc import Callable
from typing import Any, Final

from attrs import field, frozen

from .. import reference

Json = dict[str, Any]

CHAT: Final = "!a:x"
OTHER_CHAT: Final = "!b:x"
FILE: Final = b"the content of a file"
HTML: Final = "<!doctype html><html><body>Sign in to the tunnel</body></html>"
HUGE: Final = 10**30


def message(number: int, chat_id: str = CHAT) -> Json:
    """Return a message with everything in it."""
    return {
        **reference.example("messages.list.page.json")["items"][0],
        "id": f"{number}",
        "sortKey": f"{number}000",
        "chatID": chat_id,
        "isDeleted": False,
        "text": f"message {number}",
        "isSender": False,
        "timestamp": "2099-01-01T00:00:00.000Z",
    }


def page(number: int, chat_id: str = CHAT) -> Json:
    """Return one of the three pages of a chat, with three messages each, the oldest at the end."""
    items = [message(900 - 10 * number - offset, chat_id) for offset in range(3)]
    ends = {"oldestCursor": f"c{number + 1}", "newestCursor": f"n{number}", "hasMore": number < 2}
    return {"items": items, **ends}


def _without(name: str) -> Callable[[Json], Json]:
    return lambda value: {key: one for key, one in value.items() if key != name}


def _with(**fields: Any) -> Callable[[Json], Json]:
    return lambda value: {**value, **fields}


# What stands for lists in lists, 900 deep; json.dumps itself can't go so deep.
_DEEP: Final = "<deep>"


# Each takes a good message and returns what is sent in its place.
RECORDS: Final[dict[str, Callable[[Json], Any]]] = {
    "null instead of a record": lambda _: None,
    "text instead of a record": lambda _: "a message",
    "required field missing": _without("senderID"),
    "required field is null": _with(senderID=None),
    "required field of a wrong type": _with(timestamp=5),
    "optional field of a wrong type": _with(isUnread="yes"),
    "`isSender` of a wrong type": _with(isSender="false"),
    "bad entry in a nested list": _with(attachments=[{"type": "img"}, {"type": 5}, None]),
    "half of a surrogate pair in a text": _with(text="cut \ud83d"),
    "integer beyond 64 bits": _with(attachments=[{"type": "img", "fileSize": HUGE}]),
    "unknown field, nested 900 deep": _with(unknown=_DEEP),
    "optional field, nested 900 deep": _with(text=_DEEP),
}


def _bad_items(sent: Json) -> Json:
    return {**sent, "items": [{**item, "senderID": None} for item in sent["items"]]}


# Each takes the second page of a chat and returns what is sent in its place.
PAGES: Final[dict[str, Callable[[Json], Any]]] = {
    "`items` is null": _with(items=None),
    "`items` is an object": _with(items={}),
    "`items` is missing": _without("items"),
    "the page is `[]`": lambda _: [],
    "the page is null": lambda _: None,
    "the page is a number": lambda _: 5,
    "the page is a text": lambda _: "items",
    "no readable item of three": _bad_items,
    "no readable item of one": lambda sent: _bad_items({**sent, "items": sent["items"][:1]}),
    "`hasMore` is a text": _with(hasMore="true"),
    "the cursor of the page before": _with(oldestCursor="c1"),
    "the cursor is a number": _with(oldestCursor=2),
    "the cursor is true": _with(oldestCursor=True),
    "the cursor is an object": _with(oldestCursor={}),
}

# The same in a live event; each takes the frame of an event.
FRAMES: Final[dict[str, Callable[[Json], Any]]] = {
    "`items` is null": _with(entries=None),
    "`items` is an object": _with(entries={}),
    "`items` is missing": _without("entries"),
    "the page is `[]`": lambda _: [],
    "the page is null": lambda _: None,
    "the page is a number": lambda _: 5,
    "the page is a text": lambda _: "items",
    "no readable item of three": _with(entries=[{"id": 1}, {"id": 2}, {"id": 3}]),
    "no readable item of one": _with(entries=[{"id": 1}]),
}


def written(value: Any) -> bytes:
    """Write JSON as apps do: each half of a surrogate pair is an escape."""
    text = json.dumps(value)
    return text.replace(f'"{_DEEP}"', "[" * 900 + "]" * 900).encode()


# Each takes the body of a good response.
BODIES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "empty": lambda _: b"",
    "HTML with status 200": lambda _: HTML.encode(),
    "`{}`": lambda _: b"{}",
    "half of the JSON": lambda body: body[: len(body) // 2],
    "NaN in the JSON": lambda body: body[:-1] + b', "unknown": NaN}',
    "nested 100,000 deep": lambda body: body[:-1] + b', "unknown": ' + b"[" * 100_000,
    "a byte order mark in front": lambda body: b"\xef\xbb\xbf" + body,
    "bytes that are no UTF-8": lambda body: body[:-1] + b', "unknown": "\xff"}',
    "an error with status 200": lambda _: b'{"code": "X", "message": "no"}',
}


@frozen
class Head:
    """An odd head of a response, and what comes with it."""

    headers: dict[str, str] = field(factory=dict[str, str])
    """Instead of the usual ones, or besides."""
    status: str = "200 OK"
    once: bool = False
    """Whether only the first response of a play has it."""
    extra_lines: tuple[str, ...] = ()
    """Lines behind the headers."""

    @property
    def is_http(self) -> bool:
        """Whether a web framework would write it."""
        framing = {"Content-Length", "Content-Encoding", "Transfer-Encoding"}
        return not self.extra_lines and not framing & self.headers.keys()


HEADS: Final[dict[str, Head]] = {
    "`Date: yesterday`": Head({"Date": "yesterday"}),
    "`Date` beyond the year 9999": Head({"Date": "Fri, 31 Dec 9999 23:59:59 -2359"}),
    "429, `Retry-After: soon`": Head({"Retry-After": "soon"}, "429 X", once=True),
    "429, `Retry-After: -1`": Head({"Retry-After": "-1"}, "429 X", once=True),
    "429, `Retry-After` of 400 digits": Head({"Retry-After": "9" * 400}, "429 X", once=True),
    "302, `Location: http://[`": Head({"Location": "http://["}, "302 X"),
    "302 without `Location`": Head({}, "302 X"),
    "version of 5,000 digits": Head({"X-Beeper-Desktop-Version": "9" * 5000}),
    "version is a word": Head({"X-Beeper-Desktop-Version": "nightly"}),
    "`Content-Type: text/html`": Head({"Content-Type": "text/html"}),
    "`Content-Type` with an unknown charset": Head({"Content-Type": "text/x; charset=no-such"}),
    "`Content-Encoding: br`": Head({"Content-Encoding": "br"}),
    "`Content-Encoding: gzip`, but it is not": Head({"Content-Encoding": "gzip"}),
    "`Content-Length` too large": Head({"Content-Length": "99999"}),
    "`Content-Length` too small": Head({"Content-Length": "12"}),
    "`Content-Length: many`": Head({"Content-Length": "many"}),
    "two different `Content-Length`": Head(extra_lines=("Content-Length: 7",)),
    "`Transfer-Encoding: chunked`, but it is not": Head({"Transfer-Encoding": "chunked"}),
    "a header of 100 KiB": Head(extra_lines=(f"X-Long: {'x' * 102_400}",)),
    "a header without a colon": Head(extra_lines=("no header",)),
}
