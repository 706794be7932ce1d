"""What people say of entities and events: status, verdict, notes, tags, assignee.

Nothing said is ever lost: a case is what follows from the history of decisions.
"""
