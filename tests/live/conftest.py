"""Run by `make test-live` alone: it needs root and takes minutes."""

import os

collect_ignore_glob = [] if os.environ.get("PURECODE_LIVE") else ["test_*.py"]
