"""The index of events and what is read from it. The only home of numpy."""
