"""What the tests of the dashboards share: a history, real servers that hold it, and what Grafana makes of their answers.

The tests put this package on the path (conftest.py): with pytest's importlib mode they cannot import each other.
"""
