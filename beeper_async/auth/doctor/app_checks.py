"""Is the app there, what can it do, is it ready, and how is it reached?"""

import platform
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from ..._http.failures import one_line
from ..._http.server_info import AppVersion, parse_version
from ..._version import __version__
from ...errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from ...resources.app_setup import AsyncAppResource
from ...resources.info import AsyncInfoResource
from ..discovery import find_apps
from ..urls import is_loopback
from .report import Check, broken, doubtful, fine
from .site import Site

_LIBRARIES: Final = ("aiohttp", "attrs", "cattrs", "orjson", "yarl")
_SINCE: Final[tuple[tuple[AppVersion, str], ...]] = (
    ((4, 2, 499), "edits and uploads"),
    ((4, 2, 557), "live events, reactions and login"),
    ((4, 2, 808), "changes of chats"),
    ((4, 3, 0), "bridges and states of accounts"),
    ((4, 3, 1), "labels"),
)
_START: Final = (
    "Start Beeper Desktop and switch its API on under Settings, Developers. For an app elsewhere "
    "set BEEPER_BASE_URL."
)
_CLOCK: Final = timedelta(seconds=60)


async def check_versions(_: Site) -> list[Check]:
    """Name the versions of Python and of the libraries."""
    found = [f"beeper-async {__version__}", f"Python {platform.python_version()}"]
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} (unknown version)")
    return [fine("versions", f"{', '.join(found)} on {platform.system()}.")]


async def check_app(site: Site) -> list[Check]:
    """Find out whether an app answers, and which one."""
    try:
        site.info = await AsyncInfoResource(site.caller()).retrieve()
    except NotFoundError:
        return await _without_info(site)
    except APIResponseValidationError:
        return [_not_an_app(site)]
    except APIConnectionError as error:
        return [await _away(site, timed_out=isinstance(error, APITimeoutError))]
    except APIError as error:
        return [broken("app", f"{site.base_url}: {one_line(str(error))}.", _START)]
    site.is_reachable = True
    app = site.info.app
    name = f"{one_line(app.name)} {one_line(app.version)}"
    found = fine("app", f"{name} answers at {site.base_url}.")
    return [found, _abilities(parse_version(app.version))]


async def _without_info(site: Site) -> list[Check]:
    """Tell an old app from another program: only the app names a version in its responses."""
    if site.access.token is None:
        return [_not_an_app(site)]
    numbers = await site.caller().app_version()
    if numbers <= (0,):
        return [_not_an_app(site)]
    site.is_reachable = True
    name = ".".join(map(str, numbers))
    return [fine("app", f"App {name} answers at {site.base_url}."), _abilities(numbers)]


def _abilities(numbers: AppVersion) -> Check:
    missing = [what for since, what in _SINCE if numbers < since]
    if not missing:
        return fine("app", "It has everything that this library can use.")
    return doubtful("app", f"It is too old for {'; '.join(missing)}.", "Update Beeper Desktop.")


def _not_an_app(site: Site) -> Check:
    return broken(
        "app",
        f"What answers at {site.base_url} is not Beeper Desktop, or older than 4.2.557.",
        "Check the port and the path of the base URL, and update the app.",
    )


async def _away(site: Site, *, timed_out: bool) -> Check:
    what = "does not answer in time" if timed_out else "can't be reached"
    found = f"The app at {site.base_url} {what}."
    others = [app for app in await find_apps() if app.base_url != site.base_url]
    if not others:
        return broken("app", found, _START)
    shown = ", ".join(f"{app.name} {app.version} at {app.base_url}" for app in others)
    return broken("app", found, f"Set BEEPER_BASE_URL to one that answers: {shown}.")


async def check_setup(site: Site) -> list[Check]:
    """Find out whether the app is signed in to Beeper, and ready."""
    try:
        state = one_line((await AsyncAppResource(site.caller()).setup.retrieve()).state)
    except (NotFoundError, AuthenticationError, PermissionDeniedError):
        return []  # an older app does not say, and what is wrong with the token is said elsewhere
    except BadRequestError:
        return [
            broken(
                "setup",
                "The app refuses a request that is right, as it does while it starts.",
                "Wait until the app has synced, and try again.",
            )
        ]
    except APIError as error:
        return [doubtful("setup", one_line(str(error)) + ".", "Look at the app itself.")]
    if state == "ready":
        return [fine("setup", "The app is signed in and ready.")]
    return [broken("setup", f"The app is not ready: {state}.", "Finish its sign-in in the app.")]


async def check_clock(site: Site) -> list[Check]:
    """Compare the clocks, by the Date of the last response."""
    difference = site.clock_difference
    if difference is None:
        return []
    seconds = round(abs(difference.total_seconds()))
    if abs(difference) <= _CLOCK:
        return [fine("clock", f"The clocks of app and program differ by {seconds} s.")]
    side = "ahead of" if difference > timedelta() else "behind"
    return [
        doubtful(
            "clock",
            f"The app's clock is {seconds:,} s {side} that of this program.",
            "Set both clocks, or reminders and the expiry of tokens are wrong.",
        )
    ]


async def check_remote_access(site: Site) -> list[Check]:
    """Find out whether others can reach the app, and how."""
    is_plain = not site.base_url.startswith("https://")
    if is_plain and not is_loopback(site.base_url):
        found = "The token crosses the network unencrypted, over http."
        return [doubtful("remote_access", found, "Use a tunnel with https.")]
    if site.info is None:
        return []
    if site.info.server.remote_access:
        return [
            doubtful(
                "remote_access",
                "Remote access is on: other machines can reach the app.",
                "Switch it off under Settings, Developers, unless you use it through a tunnel.",
            )
        ]
    return [fine("remote_access", "Remote access is off: only this machine reaches the app.")]
