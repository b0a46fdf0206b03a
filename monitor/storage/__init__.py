"""What is written: the journal of records and the files a replay leaves."""
