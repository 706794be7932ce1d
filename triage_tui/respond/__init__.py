"""Changing the outside world: guard, plan, journal, and the responses themselves.

Nothing acts here without a journalled intent, and nothing passes that the guard refuses.
"""
