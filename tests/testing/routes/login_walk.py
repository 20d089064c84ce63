"""Walking through a login session."""

from __future__ import annotations

from typing import Any

from ..wire_check import Api

Json = dict[str, Any]
PHONE = "+14155550177"


class Walk:
    """One session of one bridge."""

    def __init__(self, api: Api, bridge: str) -> None:
        self.api = api
        self.path = f"/v1/bridges/{bridge}"
        self.session: Json = {}

    async def start(self, **body: str) -> Json:
        status, self.session = await self.api("POST", f"{self.path}/login-sessions", body)
        assert status == 200, self.session
        return self.session

    @property
    def here(self) -> str:
        return f"{self.path}/login-sessions/{self.session['loginSessionID']}"

    async def look(self) -> Json:
        status, self.session = await self.api("GET", self.here)
        assert status == 200
        return self.session

    async def send(self, body: Json, step: str | None = None) -> tuple[int, Json]:
        step = step or self.session["currentStep"]["stepID"]
        return await self.api("POST", f"{self.here}/steps/{step}", body)

    async def submit(self, type: str = "user_input", **fields: str) -> Json:
        status, self.session = await self.send({"type": type, "fields": fields})
        assert status == 200, self.session
        return self.session
