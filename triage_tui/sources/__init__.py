"""Where records come from: files, folders, pipes; and the clock that replays them."""
