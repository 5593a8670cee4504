"""Which version of the program this is."""

import tomllib
from pathlib import Path


def version_of(folder: Path) -> str:
    """Return the release that a folder holds, such as 0.1.0-01bb4780; without a release, the version.

    deploy/release_build.py names the folder of a release by its version and a digest of its files.
    """
    with (folder / "pyproject.toml").open("rb") as file:
        version: str = tomllib.load(file)["project"]["version"]
    return folder.name if folder.name.startswith(f"{version}-") else version
