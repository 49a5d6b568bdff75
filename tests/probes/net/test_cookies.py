"""Cookies within one look."""

from probes._net.cookies import Jar


def test_a_host_is_told_what_it_set_and_no_other_is():
    jar = Jar()
    jar.take("a.example", ["SESSION=1; Path=/; HttpOnly", "lang=vi"])
    assert jar.header("a.example") == "SESSION=1; lang=vi"
    assert jar.header("b.example") == ""


def test_a_cookie_set_again_is_replaced_and_one_taken_back_is_gone():
    jar = Jar()
    jar.take("a.example", ["a=1", "b=2"])
    jar.take("a.example", ["a=3", "b=; Max-Age=0"])
    assert jar.header("a.example") == "a=3"


def test_what_is_not_a_cookie_is_passed_over():
    jar = Jar()
    jar.take("a.example", ["", "nothing", "=x", "a=" + "x" * 5000, "ok=1"])
    assert jar.header("a.example") == "ok=1"


def test_a_host_keeps_fifty_cookies_at_most():
    jar = Jar()
    jar.take("a.example", [f"c{n}=1" for n in range(200)])
    assert jar.header("a.example").count("=") == 50
