"""What people look at before a deployment: pictures of workflows, without the CDK."""
