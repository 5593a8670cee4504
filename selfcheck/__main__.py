"""python -m selfcheck TARGET"""

import sys

from selfcheck.cli import main

sys.exit(main())
