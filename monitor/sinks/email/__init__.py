"""Sink: plain mails by SMTP."""
