"""What agencies share, as looks have shown it."""

from types import SimpleNamespace

import pytest
from yarl import URL

from monitor.incidents import Cause, Sharing, sharing_of
from monitor.model import Agency, Level, Watch
from monitor.store.scenes import Scenes
from monitor.store.traits import Traits

HOST = "dichvucong.hanoi.gov.vn"
SEEN = {"network": "203.0.113.0/24", "certificate_issuer": "CN=a"}
CHECK = SimpleNamespace(name="portal", depends_on=())
LEVEL = Cause(sharing=Sharing.LEVEL, value="province")


def agency(code="H26", **other):
    return Agency(
        code=code, name=code, name_en=code, level=Level.PROVINCE, counted=True, portal=f"https://{HOST}", **other
    )


def told(facts, **other):
    traits = Traits()
    traits.note(agency(**other), facts)
    return {cause.sharing: cause.value for cause in traits.of(agency(**other))}


def test_a_handshake_tells_of_network_and_issuer():
    assert told(SEEN) == {"network": "203.0.113.0/24", "issuer": "CN=a", "level": "province"}


@pytest.mark.parametrize(
    "elsewhere", ["https://xacthuc.dichvucong.gov.vn/oauth2/authorize", "https://exchange.example/"]
)
def test_a_look_that_ended_elsewhere_tells_nothing_of_the_agency(elsewhere):
    assert told({**SEEN, "url": elsewhere, "platform_family": "igate"}) == {"level": "province"}
    assert len(told({**SEEN, "url": str(URL(f"https://{HOST}/a"))})) == 3


def test_a_look_that_ended_in_trouble_elsewhere_tells_nothing_of_the_agency():
    assert told({**SEEN, "host": "xacthuc.dichvucong.gov.vn"}) == {"level": "province"}
    assert len(told({**SEEN, "host": HOST})) == 3


def test_behind_a_proxy_no_network_is_known():
    assert told({**SEEN, "network": "", "host": HOST}) == {"issuer": "CN=a", "level": "province"}


def test_a_network_without_a_certificate_is_that_of_some_host_or_other():
    assert told({"network": "203.0.113.0/24"}) == {"level": "province"}


def test_what_the_configuration_says_of_the_software_goes_before_what_was_seen():
    assert told({"platform_family": "eform"})["platform"] == "eform"
    assert told({"platform_family": "eform"}, platform="igate")["platform"] == "igate"


def test_a_look_that_fails_takes_nothing_back_and_one_that_differs_does():
    traits = Traits()
    for facts in (SEEN, {}, {"network": "", "certificate_issuer": ""}, {**SEEN, "network": "198.51.100.0/24"}):
        traits.note(agency(), facts)

    assert set(traits.of(agency())) == {
        Cause(sharing=Sharing.NETWORK, value="198.51.100.0/24"),
        Cause(sharing=Sharing.ISSUER, value="CN=a"),
        LEVEL,
    }


def test_who_is_gone_is_forgotten():
    traits = Traits()
    traits.note(agency(), SEEN)
    traits.forget({})

    assert traits.of(agency()) == (LEVEL,)


def test_what_is_shared_is_the_same_counted_anew_or_as_it_changes():
    """An address that moves, a certificate of another issuer, an agency that was not seen before."""
    codes = ("H01", "H02", "H03", "H04")
    seen = [
        ("H01", SEEN),
        ("H02", SEEN),
        ("H03", {**SEEN, "network": "198.51.100.0/24"}),
        ("H01", {**SEEN, "network": "198.51.100.0/24"}),
        ("H02", {**SEEN, "certificate_issuer": "CN=b"}),
        ("H04", SEEN),
        ("H01", SEEN),
    ]
    scenes = Scenes(lambda _code: False, lambda _code: True, lambda code: SimpleNamespace(agency=agency(code)))
    agencies = [agency(code) for code in codes]
    scenes.plan(agencies, [Watch(agency=each, check=CHECK, aim=lambda _: None) for each in agencies])
    traits = Traits()
    for code, facts in seen:
        for each in (scenes._traits, traits):
            each.note(agency(code), facts)
        scene = scenes.scene({}, online=True)
        anew = {each: traits.of(agency(each)) for each in codes}

        assert scene.traits == anew
        assert scene.sharing == sharing_of(anew)
