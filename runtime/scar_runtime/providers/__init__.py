"""Storage providers: where a function's files are, beside the buckets of its own account.

`store` says what every kind must be able to do, `stores` holds those of one function, and one
module stands for each kind that does not speak the protocol of S3.
"""
