# Generated from beeper_async/resources/labels.py by `python -m beeper_sync._generate`.
"""Labels that group chats."""

from beeper_async.models.label import Label
from beeper_async.resources.labels import AsyncLabelsResource

from ..base import SyncResource


class LabelsResource(SyncResource[AsyncLabelsResource]):
    """Read labels."""

    def list(self) -> list[Label]:
        """List all labels; `chats.search(label_id=...)` finds the chats of one.

        Returns:
            The labels, all at once.

        Raises:
            NotFoundError: The app is too old for labels.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/labels
        """
        return self._call(self._async.list)
