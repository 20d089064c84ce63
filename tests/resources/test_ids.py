"""IDs are checked first, and the error of a bad one names its parameter."""

from typing import Any

import pytest

from beeper_async import AsyncBeeperDesktop, InvalidInputError
from beeper_async.testing import Simulator

from .. import reference

IDS = [
    (endpoint, parameter["py"])
    for endpoint in reference.ENDPOINTS
    for parameter in endpoint["path_params"]
]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("endpoint", "name"), IDS, ids=[f"{e['sdk_name']}-{name}" for e, name in IDS]
)
async def test_a_bad_id_is_named_before_anything_else(
    client: AsyncBeeperDesktop, sim: Simulator, endpoint: dict[str, Any], name: str
) -> None:
    arguments = reference.full_arguments(endpoint)
    ids = [parameter["py"] for parameter in endpoint["path_params"]]
    wrong = {key: value if key in ids else object() for key, value in arguments.items()}
    call = reference.method_of(client, endpoint["sdk_name"])
    for bad in ("", ".", "..", None, 5):
        with pytest.raises(InvalidInputError, match=rf"^{name} "):
            await call(**{**wrong, name: bad})
    assert sim.requests == []
