# Generated from beeper_async/resources/info.py by `python -m beeper_sync._generate`.
"""The running app."""

from beeper_async.models.info import InfoRetrieveResponse
from beeper_async.resources.info import AsyncInfoResource

from ..base import SyncResource


class InfoResource(SyncResource[AsyncInfoResource]):
    """Ask about the app."""

    def retrieve(self) -> InfoRetrieveResponse:
        """Get the app's version, its machine, and where its other interfaces are.

        No token is sent with it.

        Returns:
            What the app tells of itself.

        Raises:
            NotFoundError: The app is older than 4.2.557.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/info
        """
        return self._call(self._async.retrieve)
