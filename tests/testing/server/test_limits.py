"""Rate limits, and cursors of messages that mean nothing or expire."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from beeper_async.testing import RateLimit, Simulator, listing_faults

from ..conftest import Api

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]
LONG = 60.0


@pytest.mark.parametrize("retry_after", [True, False])
async def test_more_requests_than_allowed_get_a_429(sim: Simulator, retry_after: bool) -> None:
    sim.rate_limit = RateLimit(2, LONG, retry_after=retry_after)
    headers = {"Authorization": f"Bearer {sim.token}"}
    seen: list[int] = []
    waits: list[str] = []
    async with aiohttp.ClientSession(headers=headers) as session:
        for _ in range(4):
            async with session.get(f"{sim.url}/v1/accounts") as response:
                seen.append(response.status)
                waits += response.headers.getall("Retry-After", [])
    assert seen == [200, 200, 429, 429]
    assert sim.rate_limit.refused == 2
    assert len(waits) == (2 if retry_after else 0)
    assert all(0 < float(wait) <= LONG + 0.001 for wait in waits)


async def test_a_limit_ends_with_its_while(sim: Simulator, api: Api) -> None:
    sim.rate_limit = RateLimit(1, LONG)
    assert [(await api("GET", "/v1/accounts"))[0] for _ in range(2)] == [200, 429]
    sim.rate_limit = RateLimit(1, 1e-9)
    assert [(await api("GET", "/v1/accounts"))[0] for _ in range(3)] == [200] * 3
    sim.rate_limit = None
    assert (await api("GET", "/v1/accounts"))[0] == 200


async def test_requests_without_a_token_are_not_limited(sim: Simulator, api: Api) -> None:
    sim.rate_limit = RateLimit(1, LONG)
    assert [(await api("GET", "/v1/accounts", token="no"))[0] for _ in range(2)] == [401, 401]
    assert (await api("GET", "/v1/accounts"))[0] == 200


@pytest.mark.parametrize(("requests", "seconds"), [(0, 1.0), (1, 0.0), (1, float("nan"))])
async def test_a_limit_is_checked(requests: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        RateLimit(requests, seconds)


async def test_opaque_cursors_lead_through_the_same_messages(
    sim: Simulator, api: Api, trip: Json
) -> None:
    sim.page_size = 3
    path = f"/v1/chats/{trip['id']}/messages"
    _, first = await api("GET", path)
    _, second = await api("GET", f"{path}?cursor={first['oldestCursor']}")
    sim.message_cursors.opaque = True
    _, head = await api("GET", path)
    assert head["items"] == first["items"]
    assert not head["oldestCursor"].isdigit()
    assert (await api("GET", f"{path}?cursor={head['oldestCursor']}"))[1]["items"] == second[
        "items"
    ]
    _, page = await api("GET", f"{path}?cursor={head['oldestCursor']}")
    _, back = await api("GET", f"{path}?cursor={page['newestCursor']}&direction=after")
    assert back["items"] == first["items"]


async def test_only_opaque_cursors_that_did_not_expire_are_valid(
    sim: Simulator, api: Api, trip: Json
) -> None:
    sim.message_cursors.opaque = True
    path = f"/v1/chats/{trip['id']}/messages"
    _, page = await api("GET", path)
    item = page["items"][-1]
    for wrong in (item["sortKey"], item["id"], "zz", page["oldestCursor"] + "7c", ""):
        status, answer = await api("GET", f"{path}?cursor={wrong}")
        assert (status, answer.get("code")) == (400, "VALIDATION_ERROR"), wrong
    sim.message_cursors.expire()
    status, answer = await api("GET", f"{path}?cursor={page['oldestCursor']}")
    assert (status, answer["code"]) == (400, "VALIDATION_ERROR")
    _, page = await api("GET", path)
    assert (await api("GET", f"{path}?cursor={page['oldestCursor']}"))[0] == 200


@pytest.mark.parametrize(
    "fault", [listing_faults.EmptyPage(), listing_faults.ReservedTail(), listing_faults.StuckTail()]
)
async def test_faults_of_listings_write_opaque_cursors_too(
    sim: Simulator, api: Api, trip: Json, fault: listing_faults.ListingFault
) -> None:
    sim.page_size = 4
    everything = sim.world.messages[trip["id"]][::-1]
    sim.message_cursors.opaque = True
    sim.set_listing_faults(fault)
    served: list[Json] = []
    query = ""
    for _ in range(len(everything)):
        status, page = await api("GET", f"/v1/chats/{trip['id']}/messages{query}")
        assert status == 200
        served += [item for item in page["items"] if item not in served]
        query = f"?cursor={page['oldestCursor']}"
        if not page["hasMore"]:
            break
    assert served == everything
