"""OAuth of the simulator: registration, consent page, codes, tokens that expire or only read."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from beeper_async.testing import Simulator

from ..conftest import Api

pytestmark = pytest.mark.asyncio

REDIRECT = "http://127.0.0.1:1/callback"
VERIFIER = "v" * 86
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")


async def registered(api: Api, **changes: Any) -> tuple[int, Any]:
    body = {"client_name": "Lumen <sync>", "redirect_uris": [REDIRECT], **changes}
    return await api("POST", "/oauth/register", body)


def page(registered_id: str, changes: dict[str, str] | None = None) -> str:
    query = {
        "client_id": registered_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "read write",
        "state": "s1",
        "code_challenge": CHALLENGE.decode(),
        "code_challenge_method": "S256",
        **(changes or {}),
    }
    return f"/oauth/authorize?{urlencode(query)}"


async def press(sim: Simulator, api: Api, decision: str, *scopes: str) -> dict[str, str]:
    """Register, open the page, press a button; return what the browser is sent back with."""
    import aiohttp

    _, client = await registered(api)
    async with aiohttp.ClientSession() as session:
        async with session.get(sim.url + page(client["client_id"])) as response:
            html = await response.text()
        assert "Allow Lumen &lt;sync&gt;?" in html
        number = html.split('name="consent" value="')[1].split('"')[0]
        fields = [("consent", number), ("decision", decision), *(("scope", one) for one in scopes)]
        url = f"{sim.url}/oauth/authorize/callback"
        async with session.post(url, data=fields, allow_redirects=False) as response:
            assert response.status == 302
            back = response.headers["Location"]
        async with session.post(url, data=fields, allow_redirects=False) as response:
            assert response.status == 400  # each page is answered once
    assert back.startswith(f"{REDIRECT}?")
    return dict(parse_qsl(urlsplit(back).query))


async def exchange(api: Api, code: str, **changes: str) -> tuple[int, Any]:
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, **changes}
    return await api("POST", "/oauth/token", raw=urlencode(form).encode(), token="")


async def test_metadata_follows_the_address(sim: Simulator, api: Api) -> None:
    status, found = await api("GET", "/.well-known/oauth-authorization-server", token="")
    assert (status, found["issuer"]) == (200, sim.url)
    assert found["token_endpoint"] == f"{sim.url}/oauth/token"
    assert "introspection_endpoint" not in found
    _, info = await api("GET", "/v1/info", token="")
    named = info["endpoints"]["oauth"]["introspection_endpoint"]
    assert named == f"{sim.url}/oauth/introspect"


async def test_register(api: Api) -> None:
    status, client = await registered(api, scope="read")
    assert (status, client["scope"], client["redirect_uris"]) == (201, "read", [REDIRECT])
    bad: list[dict[str, Any]] = [
        {"client_name": None},
        {"redirect_uris": []},
        {"redirect_uris": "http://127.0.0.1/"},
        {"redirect_uris": ["https://evil.example/callback"]},
        {"redirect_uris": ["javascript:alert(1)"]},
    ]
    for changes in bad:
        status, refusal = await registered(api, **changes)
        assert (status, refusal["error"]) == (400, "invalid_client_metadata")
    for uri in ("http://localhost:1/x", "https://[::1]/x", "com.example.app:/x"):
        assert (await registered(api, redirect_uris=[uri]))[0] == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "other"},
        {"redirect_uri": "http://127.0.0.1:2/callback"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"scope": "admin"},
        {"scope": " "},
    ],
)
async def test_a_page_that_does_not_work(sim: Simulator, api: Api, changes: dict[str, str]) -> None:
    import aiohttp

    _, client = await registered(api)
    async with (
        aiohttp.ClientSession() as session,
        session.get(sim.url + page(client["client_id"], changes)) as response,
    ):
        assert (response.status, response.content_type) == (400, "text/html")


async def test_consent_and_exchange(sim: Simulator, api: Api) -> None:
    back = await press(sim, api, "approve", "write")
    assert set(back) == {"code", "state"}
    assert back["state"] == "s1"
    status, granted = await exchange(api, back["code"])
    assert (status, granted["token_type"]) == (200, "Bearer")
    assert (granted["scope"], granted["expires_in"]) == ("read write", 86400)
    assert sim.tokens.valid == [granted["access_token"]]
    assert (await api("GET", "/v1/chats", token=granted["access_token"]))[0] == 200
    status, refusal = await exchange(api, back["code"])
    assert (status, refusal["error"]) == (400, "invalid_grant")


async def test_without_the_box_a_token_only_reads(
    sim: Simulator, api: Api, mum: dict[str, Any]
) -> None:
    sim.tokens.lifetime = 60
    back = await press(sim, api, "approve")
    _, granted = await exchange(api, back["code"])
    assert (granted["scope"], granted["expires_in"]) == ("read", 60)
    archive = f"/v1/chats/{mum['id']}/archive"
    status, refusal = await api("POST", archive, {}, token=granted["access_token"])
    assert (status, refusal["code"]) == (403, "forbidden")


async def test_denied(sim: Simulator, api: Api) -> None:
    back = await press(sim, api, "deny")
    assert (back["error"], back["state"]) == ("access_denied", "s1")
    assert "code" not in back


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 86}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:2/callback"}, "invalid_grant"),
        ({"code": "other"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
    ],
)
async def test_an_exchange_that_is_refused(
    sim: Simulator, api: Api, changes: dict[str, str], error: str
) -> None:
    back = await press(sim, api, "approve")
    status, refusal = await exchange(api, **{"code": back["code"], **changes})
    assert (status, refusal["error"]) == (400, error)
    assert sim.tokens.valid == []


async def test_introspect(sim: Simulator, api: Api) -> None:
    async def described(token: str) -> Any:
        return (await api("POST", "/oauth/introspect", raw=f"token={token}".encode()))[1]

    first = await described(sim.token)
    assert (first["active"], first["scope"], first["sub"]) == (True, "read write", "tok_1")
    assert "exp" not in first
    assert set(first["app"]) == {"name", "version", "bundle_id"}
    token = sim.tokens.issue(["read"], expires_in=60, client_id="c1", client_name="Lumen")
    found = await described(token)
    assert (found["scope"], found["client"]["name"]) == ("read", "Lumen")
    assert found["exp"] > found["iat"]
    sim.tokens.expire(token)
    assert await described(token) == {"active": False}
    assert await described("other") == {"active": False}
    status, refusal = await api("POST", "/oauth/introspect", raw=b"")
    assert (status, refusal["error"]) == (400, "invalid_request")


async def test_expired_and_revoked(sim: Simulator, api: Api) -> None:
    token, other = sim.tokens.issue(), sim.tokens.issue()
    sim.tokens.expire(token)
    status, refusal = await api("GET", "/v1/chats", token=token)
    assert (status, refusal["message"]) == (401, "Token expired")
    assert await api("POST", "/oauth/revoke", raw=f"token={other}".encode()) == (200, None)
    assert (await api("GET", "/v1/chats", token=other))[0] == 401
    assert await api("POST", "/oauth/revoke", raw=b"token=unknown") == (200, None)
    with pytest.raises(KeyError):
        sim.tokens.expire(other)


async def test_userinfo(sim: Simulator, api: Api) -> None:
    token = sim.tokens.issue(["read"], expires_in=60, client_id="c1")
    status, found = await api("GET", "/oauth/userinfo", token=token)
    assert (status, found["scope"], found["token_use"]) == (200, "read", "access")
    assert (found["client_id"], found["aud"]) == ("c1", "c1")
    assert (await api("GET", "/oauth/userinfo", token="other"))[0] == 401


async def test_json_is_taken_as_well(sim: Simulator, api: Api) -> None:
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.url}/oauth/introspect", json={"token": sim.token}) as response,
    ):
        assert (await response.json())["active"]


async def test_an_old_app_has_none_of_it() -> None:
    import aiohttp

    with Simulator(app_version="4.2.500") as old:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{old.url}/.well-known/oauth-authorization-server") as response,
        ):
            assert response.status == 404


async def test_two_apps_have_their_own_tokens(sim: Simulator) -> None:
    with Simulator(app_name="Beeper Server") as other:
        token = other.tokens.issue()
        assert sim.tokens.find(token) is None
