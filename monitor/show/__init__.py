"""The page of /metrics: written, kept between scrapes and packed by code of our own.

A page of 100,000 series takes prometheus_client most of a second. It stays the reference that tests hold this one to.
"""
