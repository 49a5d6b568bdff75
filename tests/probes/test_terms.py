"""probes._terms: the settings that every kind which goes out by itself has."""

from pathlib import Path

import pytest
from yarl import URL

from probes import Terms, TlsTerms
from probes._terms import Outward, outward


class Under:
    """A way that remembers the terms it was put under."""

    terms: Terms | None = None

    def under(self, terms):
        way = Under()
        way.terms = terms
        return way


def test_settings_become_terms():
    settings = Outward(family="6", fallback=True, tls=TlsTerms(verify=False), proxy=URL("http://proxy.example:3128"))

    assert settings.terms(max_body=5) == Terms(
        family="6", fallback=True, tls=TlsTerms(verify=False), proxy=URL("http://proxy.example:3128"), max_body=5
    )


def test_one_of_both_families_is_named_by_who_looks():
    assert Outward(family="both").terms().family == "any"
    assert Outward(family="both").terms(family="6").family == "6"


def test_a_way_of_usual_terms_is_the_way_itself():
    way = Under()

    assert outward(way, Terms()) is way
    assert Outward().outward(way) is way
    assert Outward(family="4").outward(way).terms == Terms(family="4")
    assert Outward().outward(way, max_body=9).terms == Terms(max_body=9)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"fallback": True}, "fallback"),
        ({"fallback": True, "family": "both"}, "fallback"),
        ({"tls": TlsTerms(least="TLSv1.3", most="TLSv1.2")}, "tls.least"),
        ({"tls": TlsTerms(key=Path("key.pem"))}, "tls.key"),
        ({"tls": TlsTerms(server_name="a b")}, "tls.server_name"),
        ({"proxy": URL("https://proxy.example:1")}, "proxy"),
        ({"proxy": URL("http://proxy.example:1/path")}, "proxy"),
        ({"proxy": URL("http://u:p@proxy.example:1")}, "proxy"),
        ({"proxy": URL("/nowhere")}, "proxy"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, name):
    with pytest.raises(ValueError, match=f"^{name}: "):
        Outward(**settings)
