"""Accounts, and the labels of their owner."""

from __future__ import annotations

from ..server.routing import Answer, Call, Route
from ..server.versions import ACCOUNT_STATUS, LABELS
from ..server.views import show_account


def list_accounts(call: Call) -> Answer:
    """All accounts, as a bare array."""
    return Answer([show_account(one, call.version) for one in call.world.accounts.values()])


def retrieve(call: Call) -> Answer:
    """One account."""
    return Answer(show_account(call.account(), call.version))


def list_labels(call: Call) -> Answer:
    """All labels, as a bare array."""
    return Answer(list(call.world.labels.values()))


ROUTES = [
    Route(method="GET", path="/v1/accounts", handler=list_accounts),
    Route(method="GET", path="/v1/accounts/{accountID}", handler=retrieve, since=ACCOUNT_STATUS),
    Route(method="GET", path="/v1/labels", handler=list_labels, since=LABELS),
]
