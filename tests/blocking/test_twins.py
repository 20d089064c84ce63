"""What is blocking and written by hand has the parameters and the docstring of its original."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import beeper_async
import beeper_sync
import beeper_sync.archive
from beeper_async import auth as async_auth
from beeper_async._paging.page import AsyncPage
from beeper_async.archive.archive import Archive as AsyncArchive
from beeper_async.client import AsyncBeeperDesktop
from beeper_sync import auth as sync_auth
from beeper_sync.base import SyncClient
from beeper_sync.paging import SyncPage

# A listing is requested at the call in blocking code, so its page does what a paginator does.
CLASSES: list[tuple[tuple[type, ...], type]] = [
    ((AsyncBeeperDesktop,), SyncClient),
    ((AsyncPage, beeper_async.AsyncPaginator), SyncPage),
    ((beeper_async.AsyncCursorNoLimit,), beeper_sync.SyncCursorNoLimit),
    ((beeper_async.AsyncCursorSearch,), beeper_sync.SyncCursorSearch),
    ((beeper_async.AsyncMessageSearchPage,), beeper_sync.SyncMessageSearchPage),
    ((beeper_async.Prefetched,), beeper_sync.SyncPrefetched),
    ((beeper_async.Merged,), beeper_sync.SyncMerged),
    ((beeper_async.MergedPages,), beeper_sync.SyncMergedPages),
    ((beeper_async.EventStream,), beeper_sync.SyncEventStream),
    ((beeper_async.AsyncDownload,), beeper_sync.Download),
    ((AsyncArchive,), beeper_sync.archive.Archive),
]

# What differs, as the original has it, and as the blocking twin has it. Line breaks don't count.
DIFFERENCES = {
    "SyncClient.close": [
        (
            "Close the session. A session handed in by the user stays open.",
            "Close the session and give up the event loop thread. Closing twice does no harm.",
        ),
    ],
    "SyncClient.events": [
        (
            "is in docs/reliability.md.",
            "is in docs/reliability.md. Ctrl-C ends it. A loop that is left closes the connection "
            "soon after; a `with` closes it at once.",
        ),
        (
            "A context manager to iterate over.",
            "What to iterate over; a context manager as well, which closes it where you say.",
        ),
    ],
    "SyncClient.follow": [
        ("A context manager to iterate over.", "What to iterate over."),
    ],
    "SyncPage": [
        (
            "all pages that follow.",
            "all pages that follow. The part of a listing that `split` returns is the first page "
            "of that part, and is requested when it is first used.",
        ),
    ],
    "SyncPage.split": [
        ("each once.", "each once, whichever page this is."),
    ],
    "SyncEventStream": [
        ("One consumer iterates", "One thread iterates"),
        ("Live events of the app; a context manager to", "Live events of the app, to"),
        (
            "the first one gets the event.",
            "the first one gets the event. Ctrl-C and other interruptions lose no event: inside of "
            "a `with` block, another loop continues with the next one.",
        ),
    ],
    "SyncEventStream.deliveries": [
        ("in any order.", "in any order and from any thread."),
    ],
    "SyncEventStream.wait_for": [
        (
            "It sees every event from the call on, so what happens between the call and the "
            "`await` is not missed. The timeout begins with the `await`. ",
            "",
        ),
        ("Which of them;", "Which of them, called in another thread;"),
    ],
    "Archive.update": [
        (
            "with how far it is.",
            "with how far it is, in the event loop thread, so it must not call the client.",
        ),
    ],
    "Archive.watch": [
        ("until cancelled.", "until Ctrl-C."),
        ("of each run.", "of each run; in that thread too."),
        ("that was written.", "that was written; in that thread too."),
    ],
    "Download": [
        ("if unknown.", "if unknown; in the event loop thread, so it must not call the client."),
    ],
    "Download.iter_bytes": [
        (
            "Leave the loop early only under `contextlib.aclosing`, which ends the transfer at "
            "once. ",
            "A loop that is left early ends the transfer soon after. ",
        ),
    ],
    "merge": [
        (
            "(key, listing) pairs, which may come one by one from an async iterator. Instead of a "
            "listing, a page stands for itself and all that follow; it is not requested again.",
            "(key, listing) pairs. The first page of each, which its call returned, is not "
            "requested again. A generator of pairs may call the client. It runs in the thread "
            "that iterates over the stream, whenever fewer than `in_flight` listings are read, so "
            "it may be endless.",
        ),
    ],
}

# Parameters that only the blocking twin has: without tasks there is no other way to stop waiting.
FURTHER_PARAMETERS = {"SyncClient.events": {"timeout"}, "SyncClient.follow": {"timeout"}}


def twins() -> Iterator[tuple[str, Any, Any]]:
    yield "merge", beeper_async.merge, beeper_sync.merge
    for name in dir(async_auth):
        if inspect.iscoroutinefunction(original := getattr(async_auth, name)):
            yield f"auth.{name}", original, getattr(sync_auth, name, None)
    for originals, twin in CLASSES:
        if twin is not SyncClient:
            yield twin.__name__, originals[0], twin
        for name in names_of(*originals):
            original = next(getattr(one, name) for one in originals if hasattr(one, name))
            if twin is not SyncClient or name in vars(twin):  # the rest is generated
                yield f"{twin.__name__}.{name}", original, getattr(twin, name, None)


def names_of(*classes: type) -> list[str]:
    return sorted({name for cls in classes for name in dir(cls) if not name.startswith("_")})


def parameters_of(function: Callable[..., Any]) -> dict[str, tuple[Any, Any]]:
    found = inspect.signature(function).parameters.values()
    return {one.name: (one.kind, one.default) for one in found}


def docstring_of(value: Any, without: set[str]) -> str:
    """Return a docstring without its examples, and without what it says of some parameters."""
    text = inspect.getdoc(value) or ""
    for name in without:
        text = re.sub(rf"\n    {name}: .*(?:\n        .*)*", "", text)
    paragraphs = [
        paragraph
        for paragraph in text.split("\n\n")
        if not paragraph.startswith(("Example:", "    "))
    ]
    return " ".join(" ".join(paragraphs).split())


@pytest.mark.parametrize(
    ("name", "original", "twin"), [pytest.param(*one, id=one[0]) for one in twins()]
)
def test_the_twin_is_like_its_original(name: str, original: Any, twin: Any) -> None:
    assert twin is not None, f"{name} is missing"
    further = FURTHER_PARAMETERS.get(name, set())
    if inspect.isfunction(original):
        expected, found = parameters_of(original), parameters_of(twin)
        assert {n: value for n, value in found.items() if n not in further} == expected
        assert further <= set(found)
    docstring = docstring_of(original, set())
    for theirs, ours in DIFFERENCES.get(name, []):
        assert theirs in docstring, "this difference is out of date"
        docstring = docstring.replace(theirs, ours)
    assert docstring_of(twin, further) == docstring
    assert docstring


@pytest.mark.parametrize(
    ("originals", "twin"), CLASSES, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_twin_has_nothing_of_its_own(originals: tuple[type, ...], twin: type) -> None:
    if SyncPage in twin.__mro__:  # which also is what a paginator is
        originals = (*originals, beeper_async.AsyncPaginator)
    assert set(names_of(twin)) <= set(names_of(*originals))


def test_all_declared_differences_are_of_twins() -> None:
    assert {*DIFFERENCES, *FURTHER_PARAMETERS} <= {name for name, _, _ in twins()}


def test_each_wrapper_of_both_packages_has_its_twin() -> None:
    """A class that the async package exports, and that has to be awaited, has a blocking twin."""
    covered = {one.__name__ for originals, _ in CLASSES for one in originals}
    waits = {
        name
        for name in dir(beeper_async)
        if inspect.isclass(value := getattr(beeper_async, name))
        if any(hasattr(value, special) for special in ("__anext__", "__aiter__", "__aenter__"))
    }
    assert waits - covered - {"Bot"} == set()  # bots are for asyncio alone
