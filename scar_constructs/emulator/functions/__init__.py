"""Lambda functions in execution environments of their own, fed through Lambda's Runtime API."""
