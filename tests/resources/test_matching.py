"""The rule by which a text names a chat or a person, against another writing of the rule."""

import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, example, given, settings, strategies as st

from beeper_async import AmbiguousChatError, BeeperDesktopError, ChatNotFoundError
from beeper_async._codec.decoder import decode
from beeper_async.models import Chat
from beeper_async.resources.matching import Matcher, comparable
from beeper_async.resources.phone_numbers import e164
from beeper_async.testing import Simulator
from beeper_async.testing.demo.builder import Builder, person
from beeper_sync import BeeperDesktop

EMOJI = [
    "🌻",
    "🎉",
    "👍🏽",
    "❤️",
    "🇵🇹",
    "1️⃣",
    "👩‍👩‍👦",
    "🏴\U000e0067\U000e0062\U000e007f",
    "☎",
    "🏽",
    "©️",
]


@pytest.mark.parametrize("emoji", EMOJI)
def test_trailing_emoji_and_blanks_do_not_count(emoji: str) -> None:
    for ending in (emoji, f" {emoji}", f"{emoji}{emoji} ", f" \u00a0{emoji}\t{emoji}\n"):
        assert comparable(f"Ann{ending}") == "ann"
    assert comparable(f"{emoji} Ann") == comparable(f"{emoji} ANN") != "ann"
    assert comparable(emoji) == emoji.casefold()
    assert comparable(f" {emoji} ") == emoji.casefold()


@pytest.mark.parametrize(
    "text", ["Ann 2", "Ann!", "Ann -", "Ann ©", "Room #", "№ 1", "Ann\u200b", "5°"]
)
def test_what_is_no_emoji_stays(text: str) -> None:
    assert comparable(text) == unicodedata.normalize("NFC", text).casefold()


@pytest.mark.parametrize(
    "pair",
    [("Å", "A\u030a"), ("straße", "STRASSE"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("\u1e9b\u0323", "\u1e69")],
)
def test_texts_that_are_the_same(pair: tuple[str, str]) -> None:
    assert comparable(pair[0]) == comparable(pair[1])


@pytest.mark.parametrize("pair", [("A", "Å"), ("l", "I"), ("ﬀx", "fx"), ("Ann B", "Ann  B")])
def test_texts_that_differ(pair: tuple[str, str]) -> None:
    assert comparable(pair[0]) != comparable(pair[1])


def test_a_hostile_title_is_read_in_linear_time() -> None:
    for text in (
        "🌻" * 400_000 + "a",
        "a" + "🌻" * 400_000,
        " \u200d" * 400_000,
        "1\ufe0f" * 400_000,
    ):
        comparable(text)


@given(st.text(max_size=30))
def test_comparing_twice_is_comparing_once(text: str) -> None:
    assert comparable(comparable(text)) == comparable(text)
    assert comparable(text + " ") == comparable(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+14155550123", "+14155550123"),
        (" +1 (415) 555-0123 ", "+14155550123"),
        ("+44\u00a07700.900/111", "+447700900111"),
        ("+290 1234", "+2901234"),
        ("+44 (0) 7700 900111", None),
        ("+44 ( 0 )7700 900111", None),
        ("14155550123", None),
        ("0014155550123", None),
        ("+0155550123", None),
        ("+123456", None),
        ("+1234567890123456", None),
        ("+1 415 555 0123 ext 4", None),
        ("+1 800 FLOWERS", None),
        ("+１４１５５５５０１２３", None),
        ("++14155550123", None),
        ("+", None),
        ("", None),
    ],
)
def test_a_number_in_full(text: str, number: str | None) -> None:
    assert e164(text) == number


# -- no query resolves to a chat that does not match, nor to one of several ----------------------

ACCOUNTS = {"a-1": "WhatsApp", "b-1": "Signal"}
# Few texts that are alike in many ways, so that they meet.
WORDS = ["Ann", "ann 🌻", "ANN\u00a0", "Anne", "A\u030ake", "Åke", "🎉", "77", "@ann", "Bo Ann"]
NUMBERS = ["+447700900111", "+44 7700 900111", "447700900111", "07700900111", "+15550900111"]
MAILS = ["ann@example.com", "ANN@example.com"]
IDS = [f"!c{n}:x" for n in range(6)]
words = st.sampled_from([*WORDS, *NUMBERS, *MAILS]) | st.text("aAn 🌻+1@", min_size=1, max_size=6)
persons = st.fixed_dictionaries(
    {"isSelf": st.sampled_from([True, False, False, False])},
    optional={
        "fullName": words,
        "username": words,
        "email": st.sampled_from(MAILS),
        "phoneNumber": st.sampled_from(NUMBERS),
        "isNetworkBot": st.booleans(),
    },
)
chats = st.fixed_dictionaries(
    {
        "title": words,
        "type": st.sampled_from(["single", "single", "group", "channel"]),
        "accountID": st.sampled_from(list(ACCOUNTS)),
        "people": st.lists(persons, max_size=3),
        "localChatID": st.sampled_from(["77", "78", "Ann", None]),
        "merged": st.none() | st.sampled_from(IDS),
    }
)
queries = words | st.sampled_from([*IDS, "78"])


def same(left: str | None, right: str) -> bool:
    """The rule for texts, written as the words of it say."""
    return left is not None and bare(left) == bare(right)


def bare(text: str) -> str:
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    short = folded
    while short and (short[-1].isspace() or short[-1] in "🌻🎉"):
        short = short[:-1]
    return short or folded.strip()


def number(text: str | None) -> str | None:
    """The rule for numbers: all digits after the `+`."""
    compact = (text or "").replace(" ", "").replace("\u00a0", "")
    is_full = compact.startswith("+") and compact[1:].isdigit() and 7 <= len(compact) - 1 <= 15
    return compact if is_full and compact[1] != "0" else None


def names(query: str, exact: bool, chat: dict[str, Any]) -> bool:
    def equal(text: str | None) -> bool:
        return text == query if exact else same(text, query)

    def equal_number(text: str | None) -> bool:
        return not exact and number(query) is not None and number(text) == number(query)

    if query in (chat["id"], chat.get("localChatID")) or equal(chat["title"]):
        return True
    if chat["type"] != "single":
        return False
    for one in chat["participants"]["items"]:
        if one.get("isSelf") or one.get("isNetworkBot"):
            continue
        texts = [one.get("fullName"), one.get("email"), one.get("username"), one["id"]]
        if any(map(equal, texts[:3])) or query == texts[3] or equal(one.get("phoneNumber")):
            return True
        user, handle = bare(one.get("username") or ""), bare(query).removeprefix("@")
        if not exact and user and handle and user.removeprefix("@") == handle:
            return True
        if equal_number(one.get("phoneNumber")):
            return True
    return equal_number(chat["title"])


def named_by(query: str, exact: bool, world: list[dict[str, Any]]) -> set[str]:
    """The chats that a query names, by this file's writing of the rule."""
    by_id = {chat["id"] for chat in world if chat["id"] == query}
    if by_id:
        return by_id
    found = {chat["id"]: chat for chat in world if names(query, exact, chat)}
    whole = {i for i, chat in found.items() if "mergedIntoChatID" not in chat}
    return {i for i, chat in found.items() if chat.get("mergedIntoChatID") not in whole}


def built(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    world: list[dict[str, Any]] = []
    local_ids: set[str] = set()
    for chat_id, one in zip(IDS, drawn, strict=False):
        people = [{"id": f"@p{n}:{chat_id}", **who} for n, who in enumerate(one["people"])]
        chat: dict[str, Any] = {
            "id": chat_id,
            "title": one["title"],
            "type": one["type"],
            "accountID": one["accountID"],
            "network": ACCOUNTS[one["accountID"]],
            "unreadCount": 0,
            "lastActivity": "2026-05-05T12:00:00.000Z",
            "participants": {"items": people, "hasMore": False, "total": len(people)},
        }
        if one["localChatID"] not in (None, *local_ids):
            chat["localChatID"] = one["localChatID"]
            local_ids.add(one["localChatID"])
        if one["merged"] not in (None, chat_id):
            chat["mergedIntoChatID"] = one["merged"]
        world.append(chat)
    return world


@given(st.lists(chats, min_size=1, max_size=6), queries, st.booleans())
@settings(max_examples=400)
def test_a_matcher_is_the_rule(drawn: list[dict[str, Any]], query: str, exact: bool) -> None:
    assume(query.strip())
    matcher = Matcher(query, exact=exact)
    for chat in built(drawn):
        assert matcher.fits_chat(decode(Chat, chat)) is names(query, exact, chat)


@pytest.fixture(scope="module")
def app() -> Iterator[tuple[Simulator, BeeperDesktop]]:
    """An app whose chats are replaced for each example, and a client."""
    with Simulator(chats=0) as sim:
        for account_id, network in ACCOUNTS.items():
            me = person(account_id, f"me-{account_id}", "Noor")
            Builder(sim.world).account(account_id, network, account_id, "local", me)
        with BeeperDesktop(base_url=sim.url, access_token=sim.token, max_retries=0) as client:
            yield sim, client


ANN: dict[str, Any] = {
    "type": "single",
    "accountID": "a-1",
    "people": [],
    "localChatID": None,
    "merged": None,
}


@given(st.lists(chats, max_size=6), queries, st.booleans())
@example([{**ANN, "title": "Ann"}, {**ANN, "title": "Ann 🌻"}], "ann", False)
@settings(max_examples=150)
def test_no_query_resolves_to_a_chat_that_does_not_match_nor_to_one_of_several(
    app: tuple[Simulator, BeeperDesktop], drawn: list[dict[str, Any]], query: str, exact: bool
) -> None:
    assume(query.strip())
    sim, client = app
    for chat_id in list(sim.world.chats):
        sim.world.remove_chat(chat_id)
    world = built(drawn)
    for chat in world:
        sim.world.add_chat(chat)
    named = named_by(query, exact, world)
    try:
        found = {client.chats.resolve(query, exact=exact).id}
    except AmbiguousChatError as error:
        found = {chat.id for chat in error.candidates}
        assert len(found) > 1
    except ChatNotFoundError:
        found = set[str]()
    except BeeperDesktopError as error:
        raise AssertionError("a failure that the rule does not know") from error
    assert found == named
