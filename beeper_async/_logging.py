"""BEEPER_LOG=info or debug shows on standard error what the client does, without any content."""

import logging
import os
import sys
from typing import Final

from .errors import ConfigurationError

_LEVELS: Final = {"info": logging.INFO, "debug": logging.DEBUG}


def log_as_environment_says() -> None:
    """Set up the logger `beeper_async` once, if BEEPER_LOG asks for it."""
    wanted = os.environ.get("BEEPER_LOG", "").strip().lower()
    if not wanted:
        return
    if wanted not in _LEVELS:
        raise ConfigurationError("BEEPER_LOG must be info or debug.")
    logger = logging.getLogger("beeper_async")
    logger.setLevel(_LEVELS[wanted])
    # Commands add one that drops everything, so that nothing is printed unasked.
    if all(isinstance(one, logging.NullHandler) for one in logger.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
