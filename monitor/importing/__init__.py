"""Other tools' configurations as checks of ours: what they mean here, and what has no counterpart."""
