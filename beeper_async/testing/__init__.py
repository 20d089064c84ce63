"""A simulated Beeper Desktop app, for tests and for trying things out.

`Simulator` is an HTTP server on 127.0.0.1 with a small world of invented people behind it:
what a request changes, later requests see. `FaultProxy` stands between a client and a server
and injects faults of the network.

    from beeper_async.testing import Simulator

    async with Simulator() as sim:
        ...  # send requests to sim.url with sim.token

Import everything from here: the rooms below are private to the project.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .fault_proxy.connection import ProxiedConnection, ProxyStats
    from .fault_proxy.faults import Fault
    from .fault_proxy.proxy import FaultProxy
    from .listings import listing_faults
    from .listings.listing_faults import ListingFault, ListingName
    from .server.recording import RecordedRequest
    from .simulator import Simulator
    from .websocket.sockets import Sockets
    from .websocket.subscriptions import SocketSubscription
    from .world.assets import Asset, AssetStore
    from .world.chatter import Chatter
    from .world.clock import FIXED_NOW, Clock
    from .world.login_sessions import (
        EXPIRED_COOKIE,
        LOGIN_CODE,
        TWO_STEP_PASSWORD,
        TWO_STEP_PHONE,
        LoginSession,
        LoginSessions,
    )
    from .world.logins import Logins
    from .world.people import People
    from .world.setup import EMAIL, RECOVERY_KEY, SIGN_IN_CODE, USERNAME, Setup
    from .world.verifications import OTHER_QR, Verifications
    from .world.world import World

_MODULES = {
    "Asset": "world.assets",
    "AssetStore": "world.assets",
    "Clock": "world.clock",
    "EMAIL": "world.setup",
    "EXPIRED_COOKIE": "world.login_sessions",
    "FIXED_NOW": "world.clock",
    "Fault": "fault_proxy.faults",
    "FaultProxy": "fault_proxy.proxy",
    "ListingName": "listings.listing_faults",
    "LOGIN_CODE": "world.login_sessions",
    "LoginSession": "world.login_sessions",
    "LoginSessions": "world.login_sessions",
    "Logins": "world.logins",
    "ListingFault": "listings.listing_faults",
    "OTHER_QR": "world.verifications",
    "People": "world.people",
    "ProxiedConnection": "fault_proxy.connection",
    "RECOVERY_KEY": "world.setup",
    "RecordedRequest": "server.recording",
    "SIGN_IN_CODE": "world.setup",
    "Setup": "world.setup",
    "Simulator": "simulator",
    "Sockets": "websocket.sockets",
    "SocketSubscription": "websocket.subscriptions",
    "TWO_STEP_PASSWORD": "world.login_sessions",
    "TWO_STEP_PHONE": "world.login_sessions",
    "Chatter": "world.chatter",
    "ProxyStats": "fault_proxy.connection",
    "USERNAME": "world.setup",
    "Verifications": "world.verifications",
    "World": "world.world",
}

__all__ = [
    "EMAIL",
    "EXPIRED_COOKIE",
    "FIXED_NOW",
    "LOGIN_CODE",
    "OTHER_QR",
    "RECOVERY_KEY",
    "SIGN_IN_CODE",
    "TWO_STEP_PASSWORD",
    "TWO_STEP_PHONE",
    "USERNAME",
    "Asset",
    "AssetStore",
    "Chatter",
    "Clock",
    "Fault",
    "FaultProxy",
    "ListingFault",
    "ListingName",
    "LoginSession",
    "LoginSessions",
    "Logins",
    "People",
    "ProxiedConnection",
    "ProxyStats",
    "RecordedRequest",
    "Setup",
    "Simulator",
    "SocketSubscription",
    "Sockets",
    "Verifications",
    "World",
    "listing_faults",
]

if not TYPE_CHECKING:  # hidden from type checkers, which would accept any name at all

    def __getattr__(name: str) -> object:
        # aiohttp's server is slow to import, and most importers of this package never start one.
        if name == "listing_faults":
            return import_module(f"{__name__}.listings.listing_faults")
        if name in _MODULES:
            return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
