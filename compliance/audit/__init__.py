"""The audit log (操作记录): what staff did, as one list over many tables, and its chain of digests."""
