"""Log formats, one a file, and the one decoder over all of them. Pure and total: bad input becomes
an `unparsed` row, never an exception.
"""
