"""Remove what destroyed stacks left behind of their own, never what is the user's.

`history` reads from CloudFormation what a stack has left, `leftovers` removes it, and `__main__` is
the command. Needs boto3, not the CDK.
"""
