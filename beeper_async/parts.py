"""Cutting a listing into parts that the app can serve independently of each other."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

from attrs import evolve

from ._codec.fields import parse_time
from ._omit import Omit
from ._validation import check_text_list, check_time
from .errors import InvalidInputError
from .pagination import Listing

T = TypeVar("T")

# Whether the app takes the ends of a window in or leaves them out is not certain. So it is asked
# for a little more than the window, and what belongs to the neighbour is dropped here.
_MARGIN = timedelta(milliseconds=1)


def by_account(listing: Listing[T], account_ids: Sequence[str]) -> dict[str, Listing[T]]:
    """Make one listing for each account."""
    if "account_ids" not in listing.query:
        raise InvalidInputError(f"{listing.request.name} can't be split by account.")
    asked = listing.query["account_ids"]
    ids = [
        one
        for one in check_text_list("account_ids", account_ids)
        if asked is None or isinstance(asked, Omit) or one in asked
    ]
    return {one: evolve(listing, query={**listing.query, "account_ids": [one]}) for one in ids}


def by_time(listing: Listing[T], at: Sequence[datetime]) -> dict[datetime | None, Listing[T]]:
    """Make one listing for each window of time, the newest first."""
    if listing.times is None:
        raise InvalidInputError(f"{listing.request.name} can't be split by time.")
    for time in at:
        if not isinstance(time, datetime):
            raise InvalidInputError("at must be a list of datetimes.")
        check_time("at", time)
    edges = [None, *sorted(set(at)), None]
    windows = list(pairwise(edges))
    return {start: _window(listing, start, stop) for start, stop in reversed(windows)}


def _window(listing: Listing[T], start: datetime | None, stop: datetime | None) -> Listing[T]:
    times = listing.times
    if times is None:
        return listing
    query = dict(listing.query)
    asked_from, asked_to = _time_of(query, times.after), _time_of(query, times.before)
    if start is not None and (asked_from is None or start > asked_from):
        query[times.after] = (start - _MARGIN).isoformat()
    if stop is not None and (asked_to is None or stop < asked_to):
        query[times.before] = (stop + _MARGIN).isoformat()

    def keeps(item: Any) -> bool:
        text = item.get(times.field) if isinstance(item, dict) else None
        try:
            time = parse_time(text or "")
        except (TypeError, ValueError):
            # No time: the oldest part has it, if any has. No item: building it will say so.
            return start is None or not isinstance(item, dict) or text is not None
        return (start is None or time >= start) and (stop is None or time < stop)

    return evolve(listing, query=query, keeps=keeps)


def _time_of(query: Mapping[str, Any], name: str) -> datetime | None:
    value = query.get(name)
    return None if value is None or isinstance(value, Omit) else parse_time(value)
