"""The bedside page: what nurses see of their ward in a browser, and what they can do there."""
