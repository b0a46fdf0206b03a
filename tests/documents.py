"""Every document of the repository, its blocks, and the commands that stand in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

REPOSITORY = Path(__file__).resolve().parent.parent
DOCUMENTS = tuple(
    sorted(
        str(path.relative_to(REPOSITORY))
        for path in (
            *(REPOSITORY / "docs").rglob("*.md"),
            *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "systemd/README.md")),
        )
        if "_build" not in path.parts
    )
)

PROGRAMS = frozenset(
    {"vigil", "make", "python", "python3", "pip", "git", "cat", "cp", "rm", "mv", "mkdir", "find", "install"}
    | {"chmod", "chown", "chgrp", "sudo", "apt", "apt-get", "dpkg", "curl", "openssl", "sqlite3", "psql", "createdb"}
    | {"createuser", "systemctl", "journalctl", "systemd-analyze", "systemd-creds", "promtool"}
    | {"mosquitto", "mosquitto_sub", "mosquitto_pub", "mosquitto_passwd"}
)
"""What a line begins with when it is a command."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced or indented block. ``language`` is "" where none is named."""

    document: str
    line: int
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command as somebody types it, without its comment; continued lines are one."""

    document: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}: {self.text}"


@cache
def blocks(document: str) -> tuple[Block, ...]:
    """All blocks of ``document``, in order."""
    tokens = MarkdownIt("commonmark").parse((REPOSITORY / document).read_text(encoding="utf-8"))
    return tuple(
        Block(document, (token.map or [0])[0] + 1, token.info.strip().split(" ")[0], token.content)
        for token in tokens
        if token.type in ("fence", "code_block")
    )


def commands(document: str) -> tuple[Command, ...]:
    """Every command in the ``sh`` blocks of ``document``, in order."""
    return tuple(command for block in blocks(document) if block.language == "sh" for command in commands_of(block))


def commands_of(block: Block) -> list[Command]:
    """The commands of one block."""
    found: list[Command] = []
    begun = ""
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        begun += without_comment(line)
        if begun.endswith("\\"):
            begun = begun[:-1] + " "
        elif begun.strip():
            found.append(Command(block.document, number, " ".join(begun.split())))
            begun = ""
        else:
            begun = ""
    return found


def without_comment(line: str) -> str:
    """``line`` up to a ``#`` that begins a word outside of quotes."""
    quoted = ""
    for place, sign in enumerate(line):
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "'\"":
            quoted = sign
        elif sign == "#" and (place == 0 or line[place - 1].isspace()):
            return line[:place].rstrip()
    return line.rstrip()


def synopses(document: str) -> tuple[str, ...]:
    """``vigil …`` with optional parts in brackets, from the blocks of plain text."""
    found: list[str] = []
    for block in blocks(document):
        if block.language == "text":
            lines = re.sub(r"\n\s+", " ", block.text).splitlines()
            found += [re.sub(r"[\[\]…]", " ", line) for line in lines if line.startswith("vigil ")]
    return tuple(found)


def inline_code(document: str) -> tuple[str, ...]:
    """Code within sentences and tables, but none of a block."""
    tokens = MarkdownIt("commonmark").enable("table").parse((REPOSITORY / document).read_text(encoding="utf-8"))
    inner = [child for token in tokens if token.type == "inline" for child in token.children or ()]
    return tuple(" ".join(child.content.split()) for child in inner if child.type == "code_inline")
