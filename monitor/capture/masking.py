"""Takes secrets out of texts before anybody sees them."""

from __future__ import annotations

import re
from urllib.parse import quote

HIDDEN = "***"
_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")


def masked(text: str, password: str | None) -> str:
    """``text`` in one line without ``password``, as it is or encoded, and without users and passwords in addresses."""
    line = _IN_ADDRESS.sub(f"{HIDDEN}@", " ".join(text.split()))
    if password:
        forms = {password, quote(password, safe=""), quote(password)}
        for form in sorted(forms, key=len, reverse=True):
            line = line.replace(form, HIDDEN)
    return line
