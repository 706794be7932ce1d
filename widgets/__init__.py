"""Textual widgets for streams of hostile text. They know neither AWS nor triage_tui."""
