"""The buckets of a workflow, their notifications, and their replication."""
