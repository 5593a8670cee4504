"""The cluster of deploy/cluster on one machine, in network name spaces: `make cluster` (docs/cluster.md)."""
