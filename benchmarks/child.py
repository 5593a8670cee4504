"""The measuring process. The product's settings are in its environment; the result is printed as JSON."""

import importlib
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import django

from benchmarks.plan import Plan


def main() -> None:
    plan = Plan(**json.loads(sys.argv[1]))
    django.setup()
    measure = importlib.import_module("benchmarks.measure").measure
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        print(json.dumps(asdict(measure(plan, Path(folder)))))


if __name__ == "__main__":
    main()
