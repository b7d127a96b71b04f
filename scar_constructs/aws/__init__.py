"""From the model to CDK resources: the app, its stacks, and the constructs in them."""
