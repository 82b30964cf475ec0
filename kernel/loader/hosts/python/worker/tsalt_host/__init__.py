"""The Python side of a minion: custom modules are imported once, and each job runs in a child forked from here."""
