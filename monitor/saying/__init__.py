"""Notices in words: what is said (`message`), on which sheet (`sheet`), and how it looks (`plain`, `page`, `picture`)."""
