"""What each setting means, taken from the code: one text for code, schema and example."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import fields
from functools import cache

_NAMES = r"``\w+``(?:, ``\w+``)*"
_LISTED = re.compile(rf"(?:- )?({_NAMES}):\s+(.*?)(?=\s*(?:- )?{_NAMES}:\s|$)", re.DOTALL)


@cache
def sentences(kind: type) -> dict[str, str]:
    """What each setting of a settings class means, on one line.

    Taken from the text under the setting, else from the class's own text: after the setting's name and a colon, else
    the sentence in which it is named first. Settings that are named nowhere are left out.
    """
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    found: dict[str, str] = {}
    if not isinstance(body, ast.ClassDef):
        raise TypeError(f"{kind!r} is no class written in a file")
    for setting, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(setting, ast.AnnAssign) and isinstance(setting.target, ast.Name) and isinstance(text, ast.Expr):
            said = ast.literal_eval(text.value) if isinstance(text.value, ast.Constant) else None
            if isinstance(said, str):
                found[setting.target.id] = one_line(said)
    whole = inspect.cleandoc(kind.__doc__ or "")
    for names, said in _LISTED.findall(whole):
        for name in re.findall(r"\w+", names):
            found.setdefault(name, one_line(said))
    for sentence in re.split(r"(?<=\.)\s+", whole):
        for each in fields(kind):
            if f"``{each.name}``" in sentence:
                found.setdefault(each.name, one_line(sentence))
    return found


def one_line(text: str) -> str:
    """``text`` without line breaks and without marks of code; a capital first unless that is a setting or address."""
    plain = " ".join(text.replace("``", "").split())
    return plain[:1].upper() + plain[1:] if plain.split(" ", 1)[0].isalpha() else plain
