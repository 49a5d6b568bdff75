"""A secret is given away by `reveal` and by nothing else."""

import copy
import json
import pickle
from dataclasses import asdict

import pytest

from probes._secret import Secret
from probes.http import Probe


def test_a_secret_prints_as_a_secret_however_it_is_printed():
    secret = Secret("hunter2")
    printed = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>12}",
        f"{secret:>10}",
        f"{secret}",
        repr([secret]),
    ]

    assert all("<secret>" in text and "hunter2" not in text for text in printed)


def test_a_secret_is_revealed_when_asked():
    assert Secret("hunter2").reveal() == "hunter2"


def test_a_secret_in_a_probe_does_not_show_in_its_settings():
    probe = Probe(headers={"Authorization": Secret("hunter2")})

    assert "hunter2" not in repr(probe)
    assert "hunter2" not in str(asdict(probe))


def test_a_secret_is_not_written_down():
    with pytest.raises(TypeError):
        pickle.dumps(Secret("hunter2"))
    with pytest.raises(TypeError):
        json.dumps(Secret("hunter2"))


def test_a_secret_does_not_change():
    secret = Secret("hunter2")
    with pytest.raises(AttributeError):
        secret._text = "other"
    with pytest.raises(AttributeError):
        del secret._text
    assert not hasattr(secret, "__dict__")


def test_secrets_are_equal_when_their_texts_are():
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"
    assert copy.copy(Secret("a")) == copy.deepcopy(Secret("a")) == Secret("a")
