"""AWS Batch whose jobs run: requests, job definitions, retries, capacity, attempts."""
