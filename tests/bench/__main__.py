"""``python -m bench``."""

import signal
import sys

from bench.command import main

# So that what a measurement has started ends with it.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

sys.exit(main())
