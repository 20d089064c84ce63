"""Which chat a text names: a table of cases, run by both clients over one small world."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from beeper_async import (
    AmbiguousChatError,
    AmbiguousContactError,
    AsyncBeeperDesktop,
    ChatNotFoundError,
    ContactNotFoundError,
    InvalidInputError,
    PaginationError,
    ResponseInfo,
)
from beeper_async.testing import Simulator
from beeper_async.testing.demo.builder import Builder, person

pytestmark = pytest.mark.asyncio

WHATSAPP, SIGNAL, TELEGRAM, IMESSAGE = "whatsapp-1", "signal-1", "telegram-1", "imessage-1"
NETWORKS = {WHATSAPP: "WhatsApp", SIGNAL: "Signal", TELEGRAM: "Telegram", IMESSAGE: "iMessage"}
HASH = "imsg##participant:9f2c"
FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f466"


def people(world: Builder) -> dict[str, Any]:
    """The participants of the chats below, by a short name."""
    return {
        "ann": person(WHATSAPP, "ann", "Ann", phoneNumber="+447700900111", email="ann@example.com"),
        "ann2": person(SIGNAL, "ann2", "Ann", phoneNumber="+447700900222"),
        "bo": person(WHATSAPP, "bo", "Bo Åkesson", phoneNumber="+46701740601"),
        "bo2": person(SIGNAL, "bo2", "Bo Åkesson", phoneNumber="+46701740601"),
        "bo3": person(TELEGRAM, "bo3", "Bo Åkesson", username="@bo_ak"),
        "cy": person(TELEGRAM, "cy", "Cy Straße", username="cy.s"),
        "dee": person(IMESSAGE, "dee", None) | {"id": HASH},
        "eve": person(IMESSAGE, "eve", None) | {"id": "imsg##participant:77aa"},
        "zed": person(WHATSAPP, "zed", "Zed", phoneNumber="+41555016700"),
        "near": person(WHATSAPP, "near", "Nan", phoneNumber="+15550900111"),
    }


def fill(sim: Simulator) -> None:
    """Build the world: direct chats, groups, a merged chat, chats named by emoji."""
    world = Builder(sim.world)
    for account_id, network in NETWORKS.items():
        me = person(account_id, f"me-{account_id}", "Noor", phoneNumber="+14155550100")
        world.account(account_id, network, account_id, "local", me)
    who = people(world)

    def chat(name: str, account_id: str, title: str, *members: str, **fields: Any) -> None:
        world.chat(account_id, title, [who[m] for m in members], id=f"!{name}:x", **fields)

    chat("ann", WHATSAPP, "Ann 🌻", "ann")
    chat("ann2", SIGNAL, "Ann", "ann2")
    chat("bo", WHATSAPP, "Bo", "bo", mergedIntoChatID="!bo-all:x")
    chat("bo2", SIGNAL, "Bo", "bo2", mergedIntoChatID="!bo-all:x")
    chat("bo3", TELEGRAM, "Bo", "bo3")
    chat("bo-all", "signal-1", "Bo", "bo", "bo2", merge={"chatIDs": ["!bo:x", "!bo2:x"]})
    chat("cy", TELEGRAM, "Cy", "cy")
    chat("dee", IMESSAGE, "+1 (415) 555-0123", "dee")
    chat("eve", IMESSAGE, "eve@example.org", "eve")
    chat("zed", WHATSAPP, "Zed 1️⃣", "zed")
    chat("trip", WHATSAPP, "Lisbon trip 🇵🇹", "cy", "zed", "near", kind="group")
    chat("trip2", SIGNAL, "Lisbon Trip", "ann2", "bo2", kind="group")
    chat("team", TELEGRAM, "Team\u00a0A ", "cy", "bo3", kind="group")
    chat("party", WHATSAPP, "🎉", "zed", "near", kind="group")
    chat("family", WHATSAPP, f"Family {FAMILY}👍🏽 ❤️", "zed", "near", kind="group")
    chat("number", SIGNAL, "77", "ann2", "bo2", kind="group", localChatID="9001")
    chat("local", SIGNAL, "Old school", "ann2", "bo2", kind="group", localChatID="77")
    chat("named", SIGNAL, "!ann:x", "ann2", "bo2", kind="group")
    chat("bots", TELEGRAM, "Bridge", "cy", kind="group")
    chat("channel", TELEGRAM, "Zed", "cy", kind="channel")


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(chats=0) as running:
        fill(running)
        yield running


ANNS = {"!ann:x", "!ann2:x"}
BOS = {"!bo-all:x", "!bo3:x"}
ZEDS = {"!zed:x", "!channel:x"}
ON_SIGNAL = {"network": "signal"}
CASES: list[tuple[str, Mapping[str, Any], str | set[str]]] = [
    # an ID decides, whatever is called like it
    ("!ann:x", {}, "!ann:x"),
    ("!ann:x", {"exact": True}, "!ann:x"),
    ("!ann:x", {"network": "Signal"}, set()),
    ("!nobody:x", {}, set()),
    ("9001", {}, "!number:x"),
    ("77", {}, {"!number:x", "!local:x"}),
    ("77", {"exact": True}, {"!number:x", "!local:x"}),
    # two people of one name
    ("Ann", {}, ANNS),
    ("ann", {}, ANNS),
    ("ANN  ", {}, ANNS),
    ("Ann 🌻", {}, ANNS),
    ("Ann", {"account_ids": [WHATSAPP]}, "!ann:x"),
    ("Ann", ON_SIGNAL, "!ann2:x"),
    ("Ann", {"network": "Discord"}, set()),
    ("Ann 🌻", {"exact": True}, "!ann:x"),
    ("Ann", {"exact": True, "network": "Signal"}, "!ann2:x"),
    ("Ann", {"exact": True}, ANNS),  # the title of one, the name of the person of the other
    ("An", {}, set()),
    ("Anna", {}, set()),
    # one person on three networks, two of them merged by the user
    ("Bo", {}, BOS),
    ("bo a\u030akesson", {}, BOS),
    ("Bo", {"network": "Telegram"}, "!bo3:x"),
    ("Bo", {"network": "WhatsApp"}, "!bo:x"),
    ("@bo_ak", {}, "!bo3:x"),
    ("bo_ak", {}, "!bo3:x"),
    ("@cy.s", {}, "!cy:x"),
    ("@Cy", {}, set()),
    ("CY STRASSE", {}, "!cy:x"),
    # phone numbers
    ("+447700900111", {}, "!ann:x"),
    ("+44 7700 900-111", {}, "!ann:x"),
    ("+44 (0) 7700 900111", {}, set()),
    ("447700900111", {}, set()),
    ("07700900111", {}, set()),
    ("900111", {}, set()),
    ("+46701740601", {}, "!bo-all:x"),
    ("+14155550100", {}, set()),  # the user's own
    ("4155501670", {}, set()),  # reads like +41 555 01 67 00 without its end
    # opaque people, titles that are numbers and addresses
    ("+14155550123", {}, "!dee:x"),
    ("+1 415 555 0123", {"exact": True}, set()),
    (HASH, {}, "!dee:x"),
    (HASH.upper(), {}, set()),
    ("EVE@example.org", {}, "!eve:x"),
    ("ann@EXAMPLE.com", {}, "!ann:x"),
    # groups are named by their titles alone
    ("Nan", {}, set()),
    ("Zed", {}, ZEDS),
    ("lisbon trip", {}, {"!trip:x", "!trip2:x"}),
    ("Lisbon trip 🇵🇹", {"exact": True}, "!trip:x"),
    ("family", {}, "!family:x"),
    ("🎉", {}, "!party:x"),
    ("👍", {}, set()),
    ("Team\u00a0A", {}, "!team:x"),
    ("Team A", {}, set()),
]


@pytest.mark.parametrize(("query", "options", "expected"), CASES)
async def test_resolve(
    client: AsyncBeeperDesktop, query: str, options: Mapping[str, Any], expected: str | set[str]
) -> None:
    if isinstance(expected, str):
        assert (await client.chats.resolve(query, **options)).id == expected
    elif expected:
        with pytest.raises(AmbiguousChatError) as ambiguous:
            await client.chats.resolve(query, **options)
        assert {chat.id for chat in ambiguous.value.candidates} == expected
        assert all(chat_id in str(ambiguous.value) for chat_id in expected)
    else:
        with pytest.raises(ChatNotFoundError):
            await client.chats.resolve(query, **options)


async def test_the_title_of_a_group_that_is_the_id_of_a_chat(client: AsyncBeeperDesktop) -> None:
    assert (await client.chats.resolve("!ann:x")).title == "Ann 🌻"
    assert (await client.chats.resolve("!named:x")).title == "!ann:x"


@pytest.mark.parametrize(
    ("query", "near"),
    [
        ("Nan", "!trip:x"),  # a group that holds the person
        ("447700900111", "!ann:x"),
        ("07700900111", "!ann:x"),
        ("Lisbon tirp", "!trip:x"),
        ("lisbon", "!trip2:x"),
    ],
)
async def test_what_is_near_is_a_hint(client: AsyncBeeperDesktop, query: str, near: str) -> None:
    with pytest.raises(ChatNotFoundError) as missing:
        await client.chats.resolve(query)
    assert near in [chat.id for chat in missing.value.near]
    assert len(missing.value.near) <= 5
    assert query not in str(missing.value)


async def test_an_id_takes_one_request(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    await client.chats.resolve("!ann:x")
    assert [request.path for request in sim.requests] == ["/v1/chats/!ann:x"]


async def test_nothing_is_cached(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    assert (await client.chats.resolve("cy")).id == "!cy:x"
    sim.world.change_chat("!bots:x", title="Cy")
    with pytest.raises(AmbiguousChatError):
        await client.chats.resolve("cy")
    sim.world.remove_chat("!cy:x")
    assert (await client.chats.resolve("cy")).id == "!bots:x"


async def test_every_page_is_read(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    sim.app_version = "4.2.808"  # which ignores `limit`
    sim.page_size = 3
    with pytest.raises(AmbiguousChatError) as ambiguous:
        await client.chats.resolve("Ann")
    assert {chat.id for chat in ambiguous.value.candidates} == ANNS


async def test_a_chat_that_moves_up_during_the_walk_is_seen(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.app_version, sim.page_size = "4.2.808", 3
    order = sim.world.by_activity()
    last, other = order[-1]["id"], order[1]["id"]
    for chat_id in (last, other):
        sim.world.change_chat(chat_id, title="Twin")
    first_pages = 0

    # It moves when the first page was served, so no later page shows it.
    def move_up(response: ResponseInfo) -> None:
        nonlocal first_pages
        if response.request.name == "chats.list" and "cursor" not in response.request.url:
            first_pages += 1
            if first_pages == 1:
                sim.world.receive(last, "now at the top")

    view = client.with_options(on_response=move_up)
    with pytest.raises(AmbiguousChatError):
        await view.chats.resolve("Twin")


async def test_a_list_that_breaks_off_resolves_nothing(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.app_version, sim.page_size = "4.2.808", 3
    sim.respond_next(None, path="/v1/chats")
    sim.respond_next(400, path="/v1/chats", before=True)
    with pytest.raises(Exception, match="400"):
        await client.chats.resolve("Bridge")


@pytest.mark.parametrize(("title", "is_in_the_way"), [("Bridge", True), ("Elsewhere", False)])
async def test_a_chat_that_can_not_be_read(
    client: AsyncBeeperDesktop, sim: Simulator, title: str, is_in_the_way: bool
) -> None:
    sim.world.change_chat("!team:x", unreadCount="many", title=title)
    if is_in_the_way:
        with pytest.raises(PaginationError, match="can't be read"):
            await client.chats.resolve("bridge")
    else:
        assert (await client.chats.resolve("bridge")).id == "!bots:x"


async def test_people_that_a_listing_cuts_off(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat = sim.world.chats["!cy:x"]
    bots = [person(TELEGRAM, f"bot{n}", "Relay", isNetworkBot=True) for n in range(150)]
    chat["participants"]["items"] = [*bots, *chat["participants"]["items"]]
    assert (await client.chats.resolve("Cy Straße")).id == "!cy:x"
    whole = [r for r in sim.requests if "maxParticipantCount=-1" in r.request_line]
    assert [request.path for request in whole] == ["/v1/chats/!cy:x"]
    sim.clear_requests()
    assert (await client.chats.resolve("Cy")).id == "!cy:x"
    assert not [r for r in sim.requests if "maxParticipantCount" in r.request_line]


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("",), {}),
        ((" \t",), {}),
        ((None,), {}),
        (("Ann",), {"network": " "}),
        (("Ann",), {"account_ids": "whatsapp-1"}),
        (("Ann",), {"account_ids": []}),
        (("Ann",), {"exact": "yes"}),
    ],
)
async def test_bad_input_makes_no_request(
    client: AsyncBeeperDesktop, sim: Simulator, arguments: Any, options: Any
) -> None:
    for resolve in (client.chats.resolve, client.accounts.contacts.resolve):
        with pytest.raises(InvalidInputError):
            await resolve(*arguments, **options)
    assert sim.requests == []


@pytest.mark.parametrize("query", ["..", ".", "/", "?", "a/b", "\udcff", "x" * 3000])
async def test_what_is_no_id_is_no_failure(client: AsyncBeeperDesktop, query: str) -> None:
    with pytest.raises(ChatNotFoundError):
        await client.chats.resolve(query)


CONTACTS: list[tuple[str, Mapping[str, Any], str | set[str]]] = [
    ("zed", {}, "zed"),
    ("Nan", {}, "near"),  # only in groups: there is no direct chat yet
    ("Ann", {}, {"ann", "ann2"}),
    ("Ann", ON_SIGNAL, "ann2"),
    ("Ann", {"account_ids": [WHATSAPP]}, "ann"),
    ("Ilse", {}, set()),
    ("+44 7700 900777", {}, "ilse"),
    ("ilse@example.com", {}, "ilse"),
    ("447700900777", {}, set()),
    ("Noor", {}, set()),
]


@pytest.mark.parametrize(("query", "options", "expected"), CONTACTS)
async def test_resolve_a_contact(
    client: AsyncBeeperDesktop,
    sim: Simulator,
    query: str,
    options: Mapping[str, Any],
    expected: str | set[str],
) -> None:
    fields = {"phoneNumber": "+447700900777", "email": "ilse@example.com"}
    sim.world.strangers[WHATSAPP] = [person(WHATSAPP, "ilse", "Ilse", **fields)]
    resolve = client.accounts.contacts.resolve
    if isinstance(expected, str):
        contact = await resolve(query, **options)
        assert contact.user.id.startswith(f"@{expected}:")
        assert contact.network == NETWORKS[contact.account_id]
    elif expected:
        with pytest.raises(AmbiguousContactError) as ambiguous:
            await resolve(query, **options)
        found = {one.user.id.partition(":")[0][1:] for one in ambiguous.value.candidates}
        assert found == expected
    else:
        with pytest.raises(ContactNotFoundError):
            await resolve(query, **options)


async def test_who_has_no_chat_gets_one(client: AsyncBeeperDesktop) -> None:
    contact = await client.accounts.contacts.resolve("Nan")
    with pytest.raises(ChatNotFoundError):
        await client.chats.resolve("Nan")
    started = await client.chats.start(account_id=contact.account_id, user={"id": contact.user.id})
    assert (await client.chats.resolve("Nan")).id == started.chat_id


async def test_contacts_of_an_account_that_the_app_leaves_out(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.world.unlisted_accounts.add(IMESSAGE)
    with pytest.raises(ContactNotFoundError):
        await client.accounts.contacts.resolve(HASH)
    contact = await client.accounts.contacts.resolve(HASH, account_ids=[IMESSAGE])
    assert (contact.account_id, contact.network) == (IMESSAGE, None)
