"""The screens, imported when they are opened."""
