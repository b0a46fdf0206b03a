"""The exit codes of every command, from the exceptions that carry them."""

from __future__ import annotations

from collections.abc import Iterator

import models.errors
import monitor.errors
from from_code.markdown import code, prose, table
from models.errors import ModelError
from monitor import cli
from monitor.errors import VigilError

Failure = type[VigilError] | type[ModelError]
_MODULES = (monitor.errors, models.errors)


def exit_codes() -> str:
    """A row for each code: 0, the exceptions', and those of a shell."""
    meanings: dict[int, list[str]] = {0: ["Done."]}
    for kind in (*_family(VigilError), *_family(ModelError)):
        if kind not in (VigilError, ModelError) and any(vars(module).get(kind.__name__) is kind for module in _MODULES):
            meanings.setdefault(kind.exit_code, []).append((kind.__doc__ or "").split("\n")[0])
    meanings[cli.INTERRUPTED] = ["Interrupted by Ctrl-C; what was written until then stays."]
    meanings[cli.BROKEN_PIPE] = ["Whoever read the output went away."]
    return table(
        ("code", "why"), ((code(str(number)), prose(" ".join(why))) for number, why in sorted(meanings.items()))
    )


def _family(kind: Failure) -> Iterator[Failure]:
    yield kind
    child: Failure
    for child in kind.__subclasses__():
        yield from _family(child)
