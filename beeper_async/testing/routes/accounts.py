"""Accounts, and the labels of their owner."""

from __future__ import annotations

from ..server.refusals import not_found
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import ACCOUNT_STATUS, LABELS
from ..server.views import show_account


def list_accounts(request: RoutedRequest) -> RouteResponse:
    """All accounts, as a bare array."""
    world = request.world
    listed = [
        account
        for account_id, account in world.accounts.items()
        if account_id not in world.unlisted_accounts
    ]
    return RouteResponse([show_account(one, request.version) for one in listed])


def retrieve(request: RoutedRequest) -> RouteResponse:
    """One account."""
    account = request.account()
    if account["accountID"] in request.world.unlisted_accounts:
        raise not_found("Account", accountID=account["accountID"])
    return RouteResponse(show_account(account, request.version))


def list_labels(request: RoutedRequest) -> RouteResponse:
    """All labels, as a bare array."""
    return RouteResponse(list(request.world.labels.values()))


ROUTES = [
    Route(method="GET", path="/v1/accounts", handler=list_accounts),
    Route(method="GET", path="/v1/accounts/{accountID}", handler=retrieve, since=ACCOUNT_STATUS),
    Route(method="GET", path="/v1/labels", handler=list_labels, since=LABELS),
]
