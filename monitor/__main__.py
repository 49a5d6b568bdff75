"""`python -m monitor` is `npsp-monitor`."""

from monitor.cli import main

if __name__ == "__main__":
    main()
