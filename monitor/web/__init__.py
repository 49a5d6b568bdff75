"""What the monitor shows over HTTP: status page, metrics, API, health. It reads the store and never writes to it."""
