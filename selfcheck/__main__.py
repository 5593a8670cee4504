"""python -m selfcheck TARGET"""

import sys

from selfcheck.command_line import main

sys.exit(main())
