"""Give failed events to their functions again, from the failure queue of a stack.

`failures` reads what lies in the queues, `stack` says which functions and queues there are,
`jobs` takes a failed job's event out of the spool bucket, `queue` goes through the messages, and
`__main__` is the command. Needs boto3, not the CDK.
"""
