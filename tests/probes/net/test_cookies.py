"""Cookies within one look."""

from yarl import URL

from probes._net.cookies import Jar

A, B = URL("https://a.example/"), URL("https://b.example/")


def test_a_host_is_told_what_it_set_and_no_other_is():
    jar = Jar()
    jar.take(A, ["SESSION=1; Path=/; HttpOnly", "lang=vi"])
    assert jar.header(A) == "SESSION=1; lang=vi"
    assert jar.header(B) == ""


def test_a_cookie_set_again_is_replaced_and_one_taken_back_is_gone():
    jar = Jar()
    jar.take(A, ["a=1", "b=2"])
    jar.take(A, ["a=3", "b=; Max-Age=0"])
    assert jar.header(A) == "a=3"


def test_what_is_not_a_cookie_is_passed_over():
    jar = Jar()
    jar.take(A, ["", "nothing", "=x", "a=" + "x" * 5000, "ok=1"])
    assert jar.header(A) == "ok=1"


def test_a_host_keeps_fifty_cookies_at_most():
    jar = Jar()
    jar.take(A, [f"c{n}=1" for n in range(200)])
    assert jar.header(A).count("=") == 50


def test_a_cookie_for_tls_alone_is_told_over_tls_alone():
    jar = Jar()
    jar.take(A, ["a=1; Secure", "b=2"])
    assert (jar.header(A), jar.header(A.with_scheme("http"))) == ("a=1; b=2", "b=2")


def test_a_cookie_for_tls_alone_is_not_taken_without_it():
    jar = Jar()
    jar.take(A.with_scheme("http"), ["a=1; secure"])
    assert jar.header(A) == ""
