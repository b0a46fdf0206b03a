"""The revisions, in the order of their numbers. A revision that has been released is never changed again."""
