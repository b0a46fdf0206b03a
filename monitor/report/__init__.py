"""Timeline, HTML report and annotated recording."""
