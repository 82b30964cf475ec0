"""What custom modules commonly import of Salt, for machines on which Salt itself is not installed."""
