"""The one way out to the network. Kinds of probe see it as `probes.Way`."""
