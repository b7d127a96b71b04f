"""What runs inside the user's image: as Lambda function, as Batch job, or by hand.

Only the standard library and boto3's packages are imported: the image is the user's, and every
millisecond of the start is paid for at each cold start.
"""
