"""What is lost together and shares something is one incident, by plain counting."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.incidents import Cause, Counting, Incident, Loss, Scene, Sharing, follow

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COUNTING = Counting(share=0.5, least=4, within=30 * MINUTE, quiet=10 * MINUTE)

VENDOR = Cause(sharing=Sharing.PLATFORM, value="vendor")
NETWORK = Cause(sharing=Sharing.NETWORK, value="203.0.113.0/24")
ISSUER = Cause(sharing=Sharing.ISSUER, value="CN=a")
LEVEL = Cause(sharing=Sharing.LEVEL, value="province")
OURS = Cause(sharing=Sharing.MONITOR)


def codes(number, first=0):
    return [f"H{each:02}" for each in range(first, first + number)]


def lost(*who, at=NOON):
    return dict.fromkeys(who, Loss(at, at))


def traits(who, *causes):
    return dict.fromkeys(who, causes)


def causes(incidents):
    return [incident.cause for incident in incidents]


def open_at(scene, before=(), at=NOON, counting=COUNTING):
    return follow(before, scene, counting, at)


def test_seventeen_of_nineteen_portals_of_one_family_are_one_incident():
    users, others = codes(19), codes(44, 19)
    scene = Scene(lost=lost(*users[:17]), traits=traits(users, VENDOR, LEVEL) | traits(others, LEVEL))
    (incident,) = open_at(scene)

    assert (incident.cause, len(incident.down), incident.of, incident.since) == (VENDOR, 17, 19, NOON)


@pytest.mark.parametrize(
    ("down", "of", "found"),
    [(3, 4, False), (4, 7, True), (4, 8, False), (5, 9, True), (9, 19, False), (10, 19, True)],
)
def test_it_takes_more_than_half_and_at_least_four(down, of, found):
    who = codes(of)
    scene = Scene(lost=lost(*who[:down]), traits=traits(who, VENDOR))

    assert bool(open_at(scene)) is found


def test_losses_far_apart_in_time_have_nothing_to_do_with_each_other():
    who = codes(6)
    late = {code: Loss(NOON - number * 20 * MINUTE, NOON) for number, code in enumerate(who)}

    assert open_at(Scene(lost=late, traits=traits(who, VENDOR))) == ()


def test_what_all_of_the_lost_share_goes_before_what_many_share():
    """All six in one network are lost, and six of the ten that use one software."""
    housed, users = codes(6), codes(10)
    scene = Scene(lost=lost(*housed), traits=traits(users, VENDOR) | traits(housed, NETWORK, VENDOR))

    assert causes(open_at(scene)) == [NETWORK]


def test_of_causes_that_explain_the_same_the_more_telling_is_named():
    who = codes(5)
    scene = Scene(lost=lost(*who), traits=traits(who, LEVEL, VENDOR, NETWORK, ISSUER))

    assert causes(open_at(scene)) == [ISSUER]


def test_two_causes_at_once_are_two_incidents():
    users, housed = codes(5), codes(5, 5)
    scene = Scene(lost=lost(*users, *housed), traits=traits(users, VENDOR) | traits(housed, NETWORK))

    assert sorted(causes(open_at(scene))) == sorted([VENDOR, NETWORK])


def test_a_lost_one_that_shares_nothing_is_in_no_incident():
    users = codes(5)
    scene = Scene(lost=lost(*users, "G01"), traits=traits(users, VENDOR) | traits(["G01"], LEVEL))
    (incident,) = open_at(scene)

    assert incident.down == frozenset(users)


def test_it_ends_once_it_has_been_quiet_for_a_while():
    who = codes(8)
    held = open_at(Scene(lost=lost(*who), traits=traits(who, VENDOR)))
    mended = Scene(lost=lost(*who[:2]), traits=traits(who, VENDOR))
    quiet = open_at(mended, held, NOON + 5 * MINUTE)
    over = open_at(mended, quiet, NOON + 15 * MINUTE)

    assert causes(quiet) == [VENDOR]
    assert over == ()


def test_who_comes_and_goes_does_not_open_it_again_and_again():
    who = codes(8)
    up, down = Scene(lost={}, traits=traits(who, VENDOR)), Scene(lost=lost(*who), traits=traits(who, VENDOR))
    held, began = (), set()
    for minute in range(0, 60, 5):
        held = open_at(down if minute % 10 == 0 else up, held, NOON + minute * MINUTE)
        began.add(held[0].since)

    assert began == {NOON}


def test_it_keeps_its_beginning_while_more_are_lost():
    who = codes(8)
    first = open_at(Scene(lost=lost(*who[:5]), traits=traits(who, VENDOR)))
    (grown,) = open_at(Scene(lost=lost(*who), traits=traits(who, VENDOR)), first, NOON + 5 * MINUTE)

    assert (grown.since, len(grown.down)) == (NOON, 8)


def test_who_is_lost_long_after_the_others_is_lost_for_a_reason_of_its_own():
    who = codes(8)
    held = open_at(Scene(lost=lost(*who[:5]), traits=traits(who, VENDOR)))
    day = timedelta(days=1)
    scene = Scene(lost=lost(*who[:5]) | lost(who[7], at=NOON + day), traits=traits(who, VENDOR))
    (still,) = open_at(scene, held, NOON + day)

    assert still.down == frozenset(who[:5])


def test_who_was_in_it_is_in_it_again():
    who = codes(8)
    shared = traits(who, VENDOR)
    held = open_at(Scene(lost=lost(*who[:6]), traits=shared))
    held = open_at(Scene(lost=lost(*who[:5]), traits=shared), held, NOON + 40 * MINUTE)
    again = lost(*who[:5]) | lost(who[5], at=NOON + 80 * MINUTE)
    (still,) = open_at(Scene(lost=again, traits=shared), held, NOON + 80 * MINUTE)

    assert still.down == frozenset(who[:6])


@pytest.mark.parametrize(("met", "of", "found"), [(5, 8, True), (4, 8, False), (3, 4, False)])
def test_a_national_system_that_many_looks_find_failing_is_down_whatever_its_own_check_says(met, of, found):
    who = codes(of)
    scene = Scene(lost={}, traits=traits(who, LEVEL), upstream={"REPORT": (frozenset(who[:met]), of)})

    assert causes(open_at(scene)) == [Cause(sharing=Sharing.NATIONAL, value="REPORT")] * found


def test_a_national_system_is_its_own_incident_with_those_who_need_it():
    who = codes(3)
    scene = Scene(lost={}, traits=traits(who, LEVEL), national={"SIGNON": frozenset({"H00", "H01", "X99"})})
    (incident,) = open_at(scene)

    assert incident.cause == Cause(sharing=Sharing.NATIONAL, value="SIGNON")
    assert incident.down == {"H00", "H01"}  # of those who count
    assert open_at(Scene(lost={}, traits=traits(who, LEVEL)), (incident,), NOON + MINUTE) == ()


def test_while_our_own_way_out_is_down_nothing_new_is_counted_and_nothing_ends():
    who = codes(8)
    held = open_at(Scene(lost=lost(*who), traits=traits(who, VENDOR)))
    blind = Scene(lost=lost(*codes(8, 8)), traits=traits(codes(16), VENDOR, LEVEL), online=False)
    now = open_at(blind, held, NOON + 60 * MINUTE)

    assert causes(now) == [VENDOR, OURS]
    assert now[0] == held[0]


SCENES = st.builds(
    lambda shared, gone: Scene(
        lost={code: Loss(NOON - minutes * MINUTE, NOON) for code, minutes in gone.items()},
        traits={
            code: (*(Cause(sharing=Sharing.PLATFORM, value=f) for f in families), LEVEL)
            for code, families in shared.items()
        },
    ),
    st.dictionaries(st.sampled_from(codes(20)), st.sets(st.sampled_from("abc"), max_size=1), max_size=20),
    st.dictionaries(st.sampled_from(codes(20)), st.integers(0, 60), max_size=20),
)


@given(SCENES)
def test_every_incident_is_what_can_be_counted_by_hand(scene):
    explained = [code for incident in open_at(scene) for code in incident.down]

    assert len(explained) == len(set(explained)), "no agency is explained twice"
    for incident in open_at(scene):
        sharing = {code for code, shared in scene.traits.items() if incident.cause in shared}
        times = [scene.lost[code].since for code in incident.down]
        assert incident.of == len(sharing)
        assert incident.down <= sharing & scene.lost.keys()
        assert len(incident.down) >= 4
        assert len(incident.down) / incident.of > 0.5
        assert max(times) - min(times) <= COUNTING.within


@given(SCENES, st.lists(SCENES, max_size=4))
def test_incidents_do_not_depend_on_the_order_of_anything(scene, history):
    def turned(scene):
        return Scene(
            lost=dict(reversed(scene.lost.items())),
            traits={code: shared[::-1] for code, shared in reversed(scene.traits.items())},
        )

    one: tuple[Incident, ...] = ()
    other: tuple[Incident, ...] = ()
    for number, each in enumerate((scene, *history)):
        one = open_at(each, one, NOON + number * 7 * MINUTE)
        other = open_at(turned(each), other[::-1], NOON + number * 7 * MINUTE)

    assert one == other


@given(SCENES)
def test_where_nobody_is_lost_there_is_no_incident(scene):
    assert open_at(Scene(lost={}, traits=scene.traits)) == ()
