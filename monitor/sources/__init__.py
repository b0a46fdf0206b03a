"""Where frames come from: recordings, pictures; each source yields Frame or Gap."""
