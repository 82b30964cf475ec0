"""Libraries that Salt once brought along."""
