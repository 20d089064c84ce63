"""The running app."""

from .._http.request import Request
from ..models.info import InfoRetrieveResponse
from .base import AsyncResource


class AsyncInfoResource(AsyncResource):
    """Ask about the app."""

    async def retrieve(self) -> InfoRetrieveResponse:
        """Get the app's version, its machine, and where its other interfaces are.

        No token is sent with it.

        Returns:
            What the app tells of itself.

        Raises:
            NotFoundError: The app is older than 4.2.557.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/info
        """
        return await self._send(
            Request("info.retrieve", "GET", "/v1/info", InfoRetrieveResponse, auth=False)
        )
