"""Times as they are shown, in the time zone of this machine."""

from datetime import UTC, datetime


def local(time: datetime) -> datetime:
    """Return a time in the time zone of this machine."""
    try:
        return time.astimezone()
    except (OverflowError, OSError, ValueError):
        return time  # a placeholder such as the year 1 has no local time everywhere


def iso(time: datetime | None) -> str:
    """Return a time for programs, to the second; empty if there is none."""
    return local(time).isoformat(timespec="seconds") if time else ""


def minute(time: datetime) -> str:
    """Return a time for people, to the minute."""
    return local(time).strftime("%Y-%m-%d %H:%M")


def ago(time: datetime | None) -> str:
    """Return how long ago a time was, for people; empty if there is none."""
    if time is None:
        return ""
    minutes = int((datetime.now(UTC) - time).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    days = minutes // (24 * 60)
    if days < 7:
        return f"{days} day{'s' if days > 1 else ''} ago"
    return local(time).date().isoformat()
