"""Finding the apps that run on this machine, in both packages."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import attrs
import pytest

from beeper_async import AsyncBeeperDesktop, MissingTokenError
from beeper_async.auth import (
    APP_PORTS,
    AppNotFoundError,
    SeveralAppsError,
    TokenStore,
)
from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop

from .conftest import Door
from .test_store import stored_token

pytestmark = pytest.mark.asyncio


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


@attrs.frozen
class Two:
    first: Simulator
    second: Simulator

    @property
    def ports(self) -> list[int]:
        return [port_of(self.first.url), port_of(self.second.url)]


@pytest.fixture
def two() -> Iterator[Two]:
    """Two apps, the one with the smaller port first."""
    with Simulator() as one, Simulator(app_name="Beeper Server", app_version="4.3.1") as other:
        first, second = sorted((one, other), key=lambda sim: port_of(sim.url))
        yield Two(first, second)


async def test_the_ports_of_apps() -> None:
    assert (APP_PORTS[0], APP_PORTS[-1], len(APP_PORTS)) == (23373, 23392, 20)


async def test_each_app_is_found_once(door: Door, two: Two) -> None:
    apps = await door.find_apps(ports=two.ports)
    assert [app.base_url for app in apps] == [two.first.url, two.second.url]
    described = {(app.name, app.version, app.bundle_id) for app in apps}
    assert described == {
        ("Beeper", "4.3.73", "com.automattic.beeper.desktop"),
        ("Beeper Server", "4.3.1", "com.automattic.beeper.server"),
    }


async def test_no_token_and_no_header_of_the_user_is_sent(
    door: Door, two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEEPER_ACCESS_TOKEN", "secret")
    monkeypatch.setenv("BEEPER_CUSTOM_HEADERS", "X-Key: secret")
    await door.find_apps(ports=two.ports)
    sent = [value for request in two.first.requests for value in request.headers.values()]
    assert sent
    assert not any("secret" in value for value in sent)


async def test_the_only_one(door: Door, two: Two) -> None:
    app = await door.find_app(ports=two.ports[:1])
    assert app.base_url == two.first.url


async def test_several_are_named(door: Door, two: Two) -> None:
    with pytest.raises(SeveralAppsError) as caught:
        await door.find_app(ports=two.ports)
    for words in ("Beeper 4.3.73", "Beeper Server 4.3.1", two.first.url, two.second.url):
        assert words in str(caught.value)
    assert len(caught.value.apps) == 2


async def test_the_one_that_was_chosen_wins(door: Door, two: Two) -> None:
    app = await door.find_app(ports=two.ports, base_url=two.second.url)
    assert app.base_url == two.second.url
    apps = await door.find_apps(ports=two.ports, base_url=two.second.url)
    assert [app.base_url for app in apps] == [two.second.url, two.first.url]


async def test_none(door: Door) -> None:
    with Simulator() as gone:
        ports = [port_of(gone.url)]
    assert await door.find_apps(ports=ports) == []
    with pytest.raises(AppNotFoundError, match="Start Beeper Desktop"):
        await door.find_app(ports=ports)


async def test_what_is_no_app(door: Door, sim: Simulator) -> None:
    bodies: list[object] = [{"status": "ok"}, ["app"], "x", None]
    for body in bodies:
        sim.respond_next(200, json=body, path="/v1/info", times=2)
        assert await door.find_apps(ports=[port_of(sim.url)]) == []
    sim.respond_next(302, headers={"Location": "http://127.0.0.1:1/"}, path="/v1/info", times=2)
    assert await door.find_apps(ports=[port_of(sim.url)]) == []


async def test_names_are_cleaned(door: Door, sim: Simulator) -> None:
    async with AsyncBeeperDesktop(base_url=sim.url, access_token="x") as client:
        info = (await client.info.retrieve()).to_dict()
    info["app"]["name"] = "Bee\x1b[31mper\n"
    sim.respond_next(200, json=info, path="/v1/info", times=2)
    (app,) = await door.find_apps(ports=[port_of(sim.url)])
    assert app.name == "Bee [31mper"


@pytest.fixture(params=["async", "blocking"])
def cls(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


async def discovered(kind: str, access_token: str | None = None) -> tuple[str, int]:
    """Make a client, let it read the accounts, and return its base URL and their number."""
    if kind == "async":
        async with await AsyncBeeperDesktop.discover(access_token=access_token) as client:
            return client.base_url, len(await client.accounts.list())
    with BeeperDesktop.discover(access_token=access_token) as blocking:
        return blocking.base_url, len(blocking.accounts.list())


async def test_an_app_on_one_of_the_usual_ports(door: Door) -> None:
    with app_on_a_usual_port() as sim:
        found = {app.base_url for app in await door.find_apps()}
        assert sim.url in found  # there may be others on this machine


@contextmanager
def app_on_a_usual_port() -> Generator[Simulator]:
    for port in APP_PORTS:
        with ExitStack() as stack:
            try:
                sim = stack.enter_context(Simulator(port=port))
            except OSError:
                continue  # an app of this machine, or another test
            yield sim
            return
    pytest.skip("all ports of apps are taken")


async def test_a_client_that_is_discovered_needs_a_token(
    cls: str, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEEPER_BASE_URL", sim.url)
    assert await discovered(cls, sim.token) == (sim.url, 7)
    with pytest.raises(MissingTokenError):
        await discovered(cls)


async def test_the_app_of_the_profile_wins(cls: str, two: Two, store: TokenStore) -> None:
    store.save(stored_token(two.second.token, base_url=two.second.url))
    assert await discovered(cls) == (two.second.url, 7)


async def test_the_app_of_the_environment_wins(
    cls: str, two: Two, store: TokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(stored_token(two.second.token, base_url=two.second.url))
    monkeypatch.setenv("BEEPER_BASE_URL", two.first.url)
    monkeypatch.setenv("BEEPER_ACCESS_TOKEN", two.first.token)
    assert await discovered(cls) == (two.first.url, 7)
