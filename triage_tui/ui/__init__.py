"""The screen: Textual over a running triage."""
