"""What talks to AWS, and the only importer of aiobotocore. Its live sources are `ports.Source`s."""
