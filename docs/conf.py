"""How Sphinx builds the documentation (``make docs``): offline, and a warning ends the build."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "vigil"
author = "the authors of vigil"
project_copyright = "the authors of vigil, under Apache-2.0"
version = release = installed_version("vigil")
language = "en"

extensions = ["myst_parser", "from_code.insertion"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "from_code", "pictures"]
nitpicky = True

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
myst_links_external_new_tab = True

html_theme = "furo"
html_title = f"vigil {release}"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["vigil.css"]
pygments_style = "friendly"
pygments_dark_style = "monokai"
