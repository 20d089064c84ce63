"""The order of sort keys as text, for an index. Pure."""


def position(sort_key: str) -> str:
    """Return a text that sorts as the message does.

    Sort keys are numbers of any length; one that is no number sorts behind them, as text. A
    position decides nothing about identity: apps give messages other keys.
    """
    if sort_key.isascii() and sort_key.isdigit():
        digits = sort_key.lstrip("0")
        return f"{len(digits):03}{digits}"
    return f"~{sort_key}"
