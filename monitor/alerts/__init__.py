"""Whether to tell, whom and when: pure, with the time passed in."""
