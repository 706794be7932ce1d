"""Live incident triage on AWS, in a terminal. Importing the package imports nothing else."""

__version__ = "0.1.0"
