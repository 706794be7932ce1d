"""The SAM template of the Lambda function, a file a part."""
