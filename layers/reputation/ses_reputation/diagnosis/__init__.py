"""What is wrong with a deployment, and how it is mended: for people with their own AWS credentials, never in Lambda."""
