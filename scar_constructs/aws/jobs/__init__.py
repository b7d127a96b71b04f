"""Batch: compute environment and queue, job definition, and the three-container job."""
