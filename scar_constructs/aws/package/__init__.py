"""What is deployed as files: build contexts, images, and the dispatcher's zip."""
