"""Finding the apps that run on this machine."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from attrs import evolve

from .._http.failures import one_line
from .._http.options import Options, Timeout, checked_url, options_without_token
from .._http.request import Request
from .._http.transport import Transport
from ..errors import APIError
from ..models.info import InfoRetrieveResponse
from .errors import AppNotFoundError, SeveralAppsError
from .found_app import FoundApp
from .urls import is_loopback

APP_PORTS: Final = range(23373, 23393)
"""The ports that apps use: the first free one."""
_HOSTS: Final = ("127.0.0.1", "localhost")
_PATIENCE: Final = 0.5  # seconds


async def find_apps(
    *, base_url: str | None = None, ports: Iterable[int] = APP_PORTS
) -> list[FoundApp]:
    """Find the apps that run on this machine.

    All addresses are tried at once, for 500 ms each. No token is sent. Apps before 4.2.557 are not
    found.

    Args:
        base_url: An address to try as well. Its app comes first.
        ports: The ports to try, on 127.0.0.1 and on localhost. An app that answers on both is
            returned once.

    Returns:
        The apps, in the order of their ports.

    Raises:
        ConfigurationError: `base_url` is no URL.

    Example:
        from beeper_async.auth import find_apps

        for app in await find_apps(base_url=client.base_url):
            print(app.name, app.version, app.base_url)
    """
    first = [checked_url(base_url)] if base_url else []
    numbers = list(ports)
    urls = first + [f"http://{host}:{port}" for host in _HOSTS for port in numbers]
    transport = Transport()
    try:
        probes = (_probe(transport, url) for url in dict.fromkeys(urls))
        found = await asyncio.gather(*probes)
    finally:
        await transport.close()
    apps = _once([app for app in found if app is not None])
    return sorted(apps, key=lambda app: (app.base_url not in first, urlsplit(app.base_url).port))


async def find_app(*, base_url: str | None = None, ports: Iterable[int] = APP_PORTS) -> FoundApp:
    """Find the only app that runs on this machine.

    Args:
        base_url: An address to try as well. An app that answers there wins over the others.
        ports: As for `find_apps`.

    Raises:
        AppNotFoundError: No app answers.
        SeveralAppsError: More than one answers.
        ConfigurationError: `base_url` is no URL.

    Example:
        from beeper_async.auth import find_app

        app = await find_app(base_url=client.base_url)
        print(app.name, app.version)
    """
    apps = await find_apps(base_url=base_url, ports=ports)
    if not apps:
        raise AppNotFoundError(
            "No app answers on this machine. Start Beeper Desktop and switch its API on under "
            "Settings, Developers; for another address set BEEPER_BASE_URL."
        )
    wins = base_url is not None and apps[0].base_url == checked_url(base_url)
    if len(apps) > 1 and not wins:
        shown = ", ".join(f"{app.name} {app.version} at {app.base_url}" for app in apps)
        raise SeveralAppsError(f"Several apps run: {shown}. Choose one by its base URL.", apps)
    return apps[0]


async def _probe(transport: Transport, url: str) -> FoundApp | None:
    options = Options(
        token=None,
        base_url=url,
        timeout=Timeout(total=_PATIENCE, connect=_PATIENCE),
        max_retries=0,
        on_unreadable=lambda _: None,  # whatever else listens there
    )
    if not is_loopback(url):  # a tunnel may want headers of its own; programs here get none
        options = evolve(options, default_headers=options_without_token(url).default_headers)
    request = Request("info.retrieve", "GET", "/v1/info", InfoRetrieveResponse, auth=False)
    try:
        app = (await transport.send(request, options)).app
    except APIError:
        return None
    return FoundApp(
        base_url=url,
        name=one_line(app.name),
        version=one_line(app.version),
        bundle_id=one_line(app.bundle_id),
    )


def _once(apps: Sequence[FoundApp]) -> list[FoundApp]:
    """Leave out apps that are there already, under another name of this machine."""
    kept: dict[tuple[object, ...], FoundApp] = {}
    for app in apps:
        parts = urlsplit(app.base_url)
        host = "loopback" if is_loopback(app.base_url) else parts.hostname
        kept.setdefault((host, parts.port, parts.path, app.bundle_id, app.version), app)
    return list(kept.values())
