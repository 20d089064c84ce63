"""Splitting a listing into parts that the app can serve independently of each other."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, TypeVar, cast

from attrs import evolve

from .._codec.fields import parse_time
from .._omit import Omit
from .._validation import check_list, check_moment, check_text_list
from ..errors import InvalidInputError
from .listing import Listing, TimeFilter

T = TypeVar("T")

# Whether the app includes or excludes the ends of a time range is not documented. So a little more
# than the range is requested, and the items of the neighbouring parts are dropped here.
_MARGIN: Final = timedelta(milliseconds=1)


def split_by_account(listing: Listing[T], account_ids: Iterable[str]) -> dict[str, Listing[T]]:
    """Make one listing for each account."""
    if "account_ids" not in listing.query:
        raise InvalidInputError(f"{listing.request.name} can't be split by account.")
    requested = listing.query["account_ids"]
    ids = [
        one
        for one in check_text_list("account_ids", account_ids)
        if requested is None or isinstance(requested, Omit) or one in requested
    ]
    return {one: evolve(listing, query={**listing.query, "account_ids": [one]}) for one in ids}


def split_by_time(listing: Listing[T], at: Iterable[datetime]) -> dict[datetime | None, Listing[T]]:
    """Make one listing for each time range, the newest first."""
    if listing.time_filter is None:
        raise InvalidInputError(f"{listing.request.name} can't be split by time.")
    times = [check_moment("at", time) for time in check_list("at", at, "datetimes")]
    if not times:
        raise InvalidInputError("at must not be empty.")
    edges = [None, *sorted(set(times)), None]
    ranges = list(pairwise(edges))
    return {
        start: _part(listing, listing.time_filter, start, stop) for start, stop in reversed(ranges)
    }


def _part(
    listing: Listing[T], time_filter: TimeFilter, start: datetime | None, stop: datetime | None
) -> Listing[T]:
    query = dict(listing.query)
    requested_start = _time_in(query, time_filter.after)
    requested_stop = _time_in(query, time_filter.before)
    if start is not None and (requested_start is None or start > requested_start):
        query[time_filter.after] = (start - _MARGIN).isoformat()
    if stop is not None and (requested_stop is None or stop < requested_stop):
        query[time_filter.before] = (stop + _MARGIN).isoformat()

    def includes(item: Any) -> bool:
        is_object = isinstance(item, dict)
        text = cast("dict[str, Any]", item).get(time_filter.field) if is_object else None
        try:
            time = parse_time(text or "")
        except (TypeError, ValueError):
            # An item without a time belongs to the oldest part. Decoding reports a wrong one.
            return start is None or not is_object or text is not None
        return (start is None or time >= start) and (stop is None or time < stop)

    return evolve(listing, query=query, includes=includes)


def _time_in(query: Mapping[str, Any], name: str) -> datetime | None:
    value = query.get(name)
    return None if value is None or isinstance(value, Omit) else parse_time(value)
