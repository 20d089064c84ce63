"""Decoding: from the bytes of a page of chats to its models."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, Final, get_origin

import attrs
import orjson
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override
from cattrs.preconf.orjson import make_converter

from beeper_async._codec import decoder
from beeper_async._codec.fields import fields_of
from beeper_async.models import ChatListResponse
from beeper_async.models.page import CursorPage

from . import pages
from .bench import FLOOR, OFFICIAL, OURS, Bench, Go, Goal, Scenario, official_sdk

CHATS: Final = 200
STOCK: Final = "stock cattrs"
_Page: Final = CursorPage[ChatListResponse]
_TIMES: Final = 10


def page(*, capabilities: bool) -> bytes:
    """Return the page that is decoded."""
    return pages.chat_page(0, CHATS, last=True, with_capabilities=capabilities)


def ours(raw: bytes) -> Any:
    """Decode a page as production does."""
    return _decoded(_Page, orjson.loads(raw)).value


def _as_a_client() -> Callable[..., Any]:
    """Return what decodes a page and shares what a client shares."""
    try:
        from beeper_async._codec.sharing import SharedParts, sharing
    except ModuleNotFoundError:  # `--compare` with a commit that shared nothing
        return decoder.decode_page
    parts = SharedParts()

    def decode(tp: Any, value: Any) -> Any:
        return sharing(parts, decoder.decode_page, tp, value)

    return decode


_decoded: Final = _as_a_client()


def _official(capabilities: bool, bench: Bench) -> Go:
    construct_type = official_sdk("._models").construct_type
    chat_type = official_sdk(".types").ChatListResponse
    tp = official_sdk(".pagination").AsyncCursorNoLimit[chat_type]
    raw = page(capabilities=capabilities)

    def decode() -> int:
        page: Any = construct_type(type_=tp, value=json.loads(raw))
        return len(page.items)

    return _go(decode, bench)


def _ours(capabilities: bool, bench: Bench) -> Go:
    raw = page(capabilities=capabilities)
    return _go(lambda: len(ours(raw).items), bench)


def _stock(capabilities: bool, bench: Bench) -> Go:
    raw = page(capabilities=capabilities)
    return _go(lambda: len(stock(raw).items), bench)


def _floor(capabilities: bool, bench: Bench) -> Go:
    raw = page(capabilities=capabilities)
    return _go(lambda: len(orjson.loads(raw)["items"]), bench)


def _go(work: Callable[[], int], bench: Bench) -> Go:
    return bench.timed(work, CHATS, times=_TIMES)


def stock_converter() -> Converter:
    """Return cattrs as it comes for orjson, with its errors kept short, told only our wire names.

    It neither checks the types of plain values nor keeps unknown fields.
    """
    converter = make_converter(detailed_validation=False)

    def by_wire_names(tp: Any) -> Any:
        names = {f.name: override(rename=f.wire) for f in fields_of(tp)}
        return make_dict_structure_fn(
            tp,
            converter,
            _cattrs_detailed_validation=False,
            _rest=override(omit=True),
            **names,  # type: ignore[arg-type]
        )

    def is_model(tp: Any) -> bool:
        return attrs.has(get_origin(tp) or tp)

    converter.register_structure_hook_factory(is_model, by_wire_names)
    return converter


_STOCK: Final = stock_converter()


def stock(raw: bytes) -> Any:
    return _STOCK.structure(orjson.loads(raw), _Page)


def _scenario(name: str, *, capabilities: bool) -> Scenario:
    return Scenario(
        name,
        {
            OURS: partial(_ours, capabilities),
            OFFICIAL: partial(_official, capabilities),
            STOCK: partial(_stock, capabilities),
            FLOOR: partial(_floor, capabilities),
        },
        (Goal(FLOOR, 3.0, 2.5, faster=False), Goal(OFFICIAL), Goal(STOCK)),
    )


SCENARIOS: Final = (
    _scenario("decode 200 chats with previews", capabilities=False),
    _scenario("decode 200 chats with capabilities", capabilities=True),
)
