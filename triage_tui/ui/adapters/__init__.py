"""Store objects as the rows and lines that the widgets ask for."""
