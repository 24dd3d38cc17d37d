"""The lock files: every package at one version, with the hashes of its files, and no address to fetch it from."""

import re
import tomllib
from collections.abc import Iterator

ENTRY = re.compile(r"([a-z0-9][a-z0-9._-]*)==(\S+)(?: ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def faults_of_lock(text: str) -> Iterator[str]:
    hashed = True
    for number, line in enumerate(text.splitlines(), 1):
        if HASH.fullmatch(line):
            hashed = True
        elif ENTRY.fullmatch(line):
            if not hashed:
                yield f"{number - 1} has no hash"
            hashed = False
        else:
            yield f"{number} is neither `name==version` nor a hash: {line}"


def versions(text: str) -> dict[str, str]:
    return {found[1]: found[2] for found in map(ENTRY.fullmatch, text.splitlines()) if found}


def asked_for(project: str, *groups: str) -> set[str]:
    """The names that pyproject.toml wants directly, with those of the groups."""
    read = tomllib.loads(project)
    wanted = [*read["project"]["dependencies"], *(each for group in groups for each in read["dependency-groups"][group])]
    return {re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-") for each in wanted}
