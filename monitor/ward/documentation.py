"""What each setting means, taken from the sentence under it in the code: one text for code, schema and example."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache


@cache
def sentences(kind: type) -> dict[str, str]:
    """The text under each setting of a settings class, on one line; settings described elsewhere are left out."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    found: dict[str, str] = {}
    if not isinstance(body, ast.ClassDef):
        raise TypeError(f"{kind!r} is no class written in a file")
    for setting, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(setting, ast.AnnAssign) and isinstance(setting.target, ast.Name) and isinstance(text, ast.Expr):
            said = ast.literal_eval(text.value) if isinstance(text.value, ast.Constant) else None
            if isinstance(said, str):
                found[setting.target.id] = one_line(said)
    return found


def one_line(text: str) -> str:
    """``text`` without line breaks and without marks of code."""
    return " ".join(text.replace("``", "").split())
