"""Labels that group chats."""

from .._http.request import Request
from ..models.label import Label
from .base import AsyncResource


class AsyncLabelsResource(AsyncResource):
    """Read labels."""

    async def list(self) -> list[Label]:
        """List all labels; `chats.search(label_id=...)` finds the chats of one.

        Returns:
            The labels, all at once.

        Raises:
            NotFoundError: The app is too old for labels.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/labels
        """
        return await self._send(Request("labels.list", "GET", "/v1/labels", list[Label]))
