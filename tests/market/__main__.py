"""``python -m market``."""

import sys

from market.command import main

if __name__ == "__main__":
    sys.exit(main())
