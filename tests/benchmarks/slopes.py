"""How cost grows: the same work 1, 4, 16 and 64 times as large, per unit of it."""

from collections.abc import Callable
from functools import partial
from typing import Final

from .bench import Bench, Go, Scenario
from .streaming import merged, walk

SIZES: Final = (1, 4, 16, 64)


def _pages(size: int, bench: Bench) -> Go:
    work = walk(bench.ours(f"/{size}/100/0"))
    return bench.timed_async(work, size * 100, times=_repeats(size), per=size)


def _chats(size: int, bench: Bench) -> Go:
    work = walk(bench.ours(f"/1/{size * 10}/0"))
    return bench.timed_async(work, size * 10, times=_repeats(size), per=size)


def _listings(size: int, bench: Bench) -> Go:
    work = merged(bench.ours("/10/20/0"), size, in_flight=size)
    return bench.timed_async(work, size * 10 * 20, times=_repeats(size), per=size)


def _repeats(size: int) -> int:
    """Repeat what is short, so that every size takes about as long."""
    return max(1, 32 // size)


def _slope(name: str, prepare: Callable[[int, Bench], Go], most: float | None = None) -> Scenario:
    goes = {f"{size}x": partial(prepare, size) for size in SIZES}
    return Scenario(name, goes, most_slope=most)


SLOPES: Final = (
    _slope("slope: pages in a listing, 100 chats each", _pages),
    _slope("slope: chats on a page, by tens", _chats),
    _slope("slope: listings merged at once, 10 pages each", _listings, 1.15),
)
