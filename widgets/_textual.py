"""What the widgets must know of Textual that its public interface does not say."""

from textual.app import App


def frames_are_held_back(app: App[object]) -> bool:
    """Whether what is rendered now never reaches the terminal (inside of `App.batch_update`)."""
    return app._batch_count > 0
