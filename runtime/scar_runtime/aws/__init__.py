"""The few requests the runtime makes to AWS, on the standard library alone.

boto3 would do all of this and much more, and its import alone takes longer than everything the
runtime does for one event: 0.2 to 0.3 s of every cold start (docs/runtime.md has the figures).
The signature is held against botocore's own in tests; credentials that come neither from the
environment nor from a container's endpoint are botocore's to find, where it is installed.
"""
