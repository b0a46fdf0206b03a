"""Reports of the papers' recipes: tables and figures in the paper's shape, ours beside published."""
