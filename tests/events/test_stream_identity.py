"""Whose events a checkpoint is about: an account, and an installation of the app."""

from __future__ import annotations

import logging
from typing import Final

import pytest

from beeper_async import Checkpoint, OtherAccountError

from ..live import Scene, kinds, texts

pytestmark = pytest.mark.asyncio

SETUP: Final = "/v1/app/setup"


async def checkpoint(scene: Scene) -> Checkpoint:
    """A checkpoint after which something has happened."""
    async with scene.listening() as events:
        checkpoint = events.checkpoint()
    scene.say("missed")
    return checkpoint


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    return [one for one in found if one.startswith("events:")]


async def test_another_account_is_refused(scene: Scene) -> None:
    since = await checkpoint(scene)
    scene.world.setup.sign_in("somebody")
    with pytest.raises(OtherAccountError, match="belongs to another Beeper account"):
        async with scene.client.events(since=since):
            pass


async def test_another_network_is_no_other_account(scene: Scene) -> None:
    since = await checkpoint(scene)
    for account in scene.world.accounts.values():
        account["user"]["id"] += "-other"
    async with scene.client.events(since=since) as events:
        assert texts(await scene.heard(events)) == ["missed"]
        assert events.last_gap is None or events.last_gap.reason != "installation"


async def test_another_installation_begins_now(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    since = await checkpoint(scene)
    scene.world.setup.sign_in()
    async with scene.client.events(since=since) as events:
        assert kinds(await scene.heard(events)) == []
        assert events.last_gap is not None
        assert events.last_gap.reason == "installation"
        since = events.checkpoint()
    assert len(warnings(caplog)) == 1
    assert "another installation" in warnings(caplog)[0]
    scene.say("missed later")
    async with scene.client.events(since=since) as events:
        assert texts(await scene.heard(events)) == ["missed later"]
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 500])
async def test_what_can_not_be_read_is_what_it_was(
    status: int, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    since = await checkpoint(scene)
    scene.sim.respond_next(status, path=SETUP, times=100, before=True)
    async with scene.client.events(since=since) as events:
        assert texts(await scene.heard(events)) == ["missed"]
        since = events.checkpoint()
    assert len(warnings(caplog)) == 1
    assert "can't read whose app this is" in warnings(caplog)[0]
    scene.sim.clear_responses()
    scene.world.setup.sign_in("somebody")
    with pytest.raises(OtherAccountError):
        async with scene.client.events(since=since):
            pass


async def test_an_app_in_which_nobody_is_signed_in(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    since = await checkpoint(scene)
    scene.world.setup.reset()
    async with scene.client.events(since=since) as events:
        assert texts(await scene.heard(events)) == ["missed"]
    assert warnings(caplog) == ["events: can't read whose app this is"]


async def test_a_checkpoint_of_nobody_takes_any_account(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.sim.respond_next(404, path=SETUP, times=100, before=True)
    since = await checkpoint(scene)
    scene.sim.clear_responses()
    async with scene.client.events(since=since) as events:
        assert texts(await scene.heard(events)) == ["missed"]
        since = events.checkpoint()
    assert warnings(caplog) == []
    scene.world.setup.sign_in("somebody")
    with pytest.raises(OtherAccountError):
        async with scene.client.events(since=since):
            pass
