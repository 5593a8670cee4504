"""Faults of the database and of our own processes, injected one by one under load (`make chaos`)."""
