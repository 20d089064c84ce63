from collections.abc import Iterator

import pytest

from beeper_sync.portal import Lease


@pytest.fixture
def lease() -> Iterator[Lease]:
    lease = Lease()
    yield lease
    lease.release()
