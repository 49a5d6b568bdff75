"""An emulated national estate on loopback, for the demo, for drills and for tests. Everything in it is synthetic."""
