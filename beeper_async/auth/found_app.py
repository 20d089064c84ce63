"""An app that was found on this machine."""

from attrs import frozen


@frozen(kw_only=True)
class FoundApp:
    """An app that answers."""

    base_url: str
    """Where it listens."""
    name: str
    """Its name, e.g. "Beeper" or "Beeper Server"."""
    version: str
    """Its version, e.g. "4.3.73"."""
    bundle_id: str
    """Contains .server for Beeper Server, .desktop for Beeper Desktop."""
