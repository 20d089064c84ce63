"""A program for BROWSER that presses the button of the consent page."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.auth.browsing import consent

if __name__ == "__main__":
    asyncio.run(consent(sys.argv[1]))
