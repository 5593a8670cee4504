"""The settings that tests run under; loaded by pytest before Django (see pyproject.toml)."""

import os
from pathlib import Path

for name, value in {
    "SECRET_KEY": "tests-only-secret-key-" + "x" * 32,
    "PUBLIC_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    "PLATE_KEYS": "new:" + "11" * 32 + ",old:" + "22" * 32,
    "PLATE_INDEX_KEY": "33" * 32,
    "CODE_KEY": "44" * 32,
    "SANDBOX_URL": "http://127.0.0.1:1",
    "CONSOLE_MFA": "offered",
    "DATABASE_URL": "sqlite:///var/tests.sqlite3",
}.items():
    os.environ.setdefault(name, value)
if (Path(__file__).resolve().parent.parent / "members").is_dir():  # it may be deleted
    os.environ.setdefault("MEMBERS", "1")
