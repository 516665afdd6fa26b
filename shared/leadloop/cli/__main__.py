"""``python -m leadloop.cli``."""

import sys

from leadloop.cli import main

sys.exit(main())
