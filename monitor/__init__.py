"""Measures who is integrated with the National Public Service Portal. Nothing is re-exported here."""
