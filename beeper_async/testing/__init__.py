"""A simulated Beeper Desktop app, for tests and for trying things out.

`Simulator` is an HTTP server on 127.0.0.1 with a small world of invented people behind it:
what a request changes, later requests see. `FaultProxy` stands between a client and a server
and injects faults of the network. `BotTest` has what tests of bots need; pytest has it as the
fixture `beeper_app`.

    from beeper_async.testing import Simulator

    async with Simulator() as sim:
        ...  # send requests to sim.url with sim.token

Import everything from here: the rooms below are private to the project.
"""

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .fault_proxy.connection import ProxiedConnection, ProxyStats
    from .fault_proxy.faults import Fault
    from .fault_proxy.proxy import FaultProxy
    from .kit.bot_test import BotTest
    from .kit.rooms import Owner, Person, Room
    from .listings import listing_faults
    from .listings.listing_faults import ListingFault, ListingName
    from .listings.message_cursors import MessageCursors
    from .server.rate_limit import RateLimit
    from .server.recording import RecordedRequest
    from .simulator import Simulator
    from .websocket.sockets import Sockets
    from .websocket.subscriptions import SocketSubscription
    from .world.assets import Asset, AssetStore
    from .world.chatter import Chatter
    from .world.clock import FIXED_NOW, Clock
    from .world.history import History
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
    "BotTest",
    "Chatter",
    "Clock",
    "Fault",
    "FaultProxy",
    "History",
    "ListingFault",
    "ListingName",
    "LoginSession",
    "LoginSessions",
    "Logins",
    "MessageCursors",
    "Owner",
    "People",
    "Person",
    "ProxiedConnection",
    "ProxyStats",
    "RateLimit",
    "RecordedRequest",
    "Room",
    "Setup",
    "Simulator",
    "SocketSubscription",
    "Sockets",
    "Verifications",
    "World",
    "listing_faults",
]

# aiohttp's server is slow to import, and most importers of this package never start one.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            ".fault_proxy.connection": ["ProxiedConnection", "ProxyStats"],
            ".fault_proxy.faults": ["Fault"],
            ".fault_proxy.proxy": ["FaultProxy"],
            ".kit.bot_test": ["BotTest"],
            ".kit.rooms": ["Owner", "Person", "Room"],
            ".listings.listing_faults": ["ListingFault", "ListingName"],
            ".listings.message_cursors": ["MessageCursors"],
            ".server.rate_limit": ["RateLimit"],
            ".server.recording": ["RecordedRequest"],
            ".simulator": ["Simulator"],
            ".websocket.sockets": ["Sockets"],
            ".websocket.subscriptions": ["SocketSubscription"],
            ".world.assets": ["Asset", "AssetStore"],
            ".world.chatter": ["Chatter"],
            ".world.clock": ["Clock", "FIXED_NOW"],
            ".world.history": ["History"],
            ".world.login_sessions": [
                "EXPIRED_COOKIE",
                "LOGIN_CODE",
                "LoginSession",
                "LoginSessions",
                "TWO_STEP_PASSWORD",
                "TWO_STEP_PHONE",
            ],
            ".world.logins": ["Logins"],
            ".world.people": ["People"],
            ".world.setup": ["EMAIL", "RECOVERY_KEY", "SIGN_IN_CODE", "Setup", "USERNAME"],
            ".world.verifications": ["OTHER_QR", "Verifications"],
            ".world.world": ["World"],
        },
        modules={"listing_faults": ".listings.listing_faults"},
    )
