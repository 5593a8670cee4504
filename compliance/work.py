"""The worker's part of forgetting."""
