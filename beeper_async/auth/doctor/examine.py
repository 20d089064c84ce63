"""The doctor: one check after the other, and each goes on from what the others found."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeAlias

from attrs import evolve

from ..._http.transport import Transport
from ..access import Access, find_access
from ..errors import TokenStoreError
from ..store import PROFILE_VARIABLE
from .account_checks import check_accounts
from .app_checks import (
    check_app,
    check_clock,
    check_remote_access,
    check_setup,
    check_versions,
)
from .event_check import check_events
from .report import Check, Report, broken
from .site import Site
from .token_checks import check_acceptance, check_token

CheckCall: TypeAlias = Callable[[Site], Awaitable[list[Check]]]

_CHECKS: Final[tuple[tuple[str, CheckCall], ...]] = (
    ("the versions", check_versions),
    ("the app", check_app),
    ("the token", check_token),
    ("what the token may do", check_acceptance),
    ("whether the app is ready", check_setup),
    ("the accounts", check_accounts),
    ("the live socket", check_events),
    ("the clocks", check_clock),
    ("remote access", check_remote_access),
)
_NEED_APP: Final = frozenset({check_acceptance, check_setup, check_accounts, check_events})


async def examine(
    *,
    base_url: str | None = None,
    profile: str | None = None,
    on_step: Callable[[str], object] | None = None,
    on_check: Callable[[Check], object] | None = None,
) -> Report:
    """Find out what works between this program and the app, and what to do where it does not.

    Nothing is sent or changed. A check waits for at most 5 seconds.

    Args:
        base_url: Where the app listens. None means as for a client.
        profile: The profile whose token is used. None means as for a client.
        on_step: Called with what is checked next, e.g. "the live socket".
        on_check: Called with each check once it is made.

    Returns:
        All checks. None of them holds a secret.

    Raises:
        ConfigurationError: A setting makes no sense.

    Example:
        from beeper_async.auth import examine

        report = await examine()
        for check in report.checks:
            print(check.verdict.value, check.found, check.advice)
    """
    checks: list[Check] = []
    access, problem = _access(base_url, profile)
    site = Site(Transport(), access)
    try:
        for step, call in _CHECKS:
            if call in _NEED_APP and not site.is_reachable:
                continue
            if on_step is not None:
                on_step(step)
            made = [problem] if problem and call is check_token else await call(site)
            for check in map(_without_home, made):
                checks.append(check)
                if on_check is not None:
                    on_check(check)
    finally:
        await site.transport.close()
    return Report(checks=tuple(checks))


def _access(base_url: str | None, profile: str | None) -> tuple[Access, Check | None]:
    try:
        return find_access(base_url, profile), None
    except TokenStoreError as error:
        advice = "Run `beeper-async login` again, or delete the file."
        problem = broken("token", str(error), advice)
    # What is left can be examined all the same.
    return find_access(base_url, env={**os.environ, PROFILE_VARIABLE: ""}), problem


def _without_home(check: Check) -> Check:
    """Leave the user's name out of paths."""
    home = str(Path.home())
    found, advice = check.found.replace(home, "~"), check.advice.replace(home, "~")
    return evolve(check, found=found, advice=advice)
