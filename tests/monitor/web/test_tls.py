"""The web side over TLS, spoken for real: what is refused, and that certificates are renewed without a restart."""

import asyncio
import os
import ssl

import aiohttp
import bcrypt
import pytest
from structlog.testing import capture_logs

from monitor import loop
from monitor.settings import read_web
from monitor.web import keeper
from monitor.web.serving import Site

HASH = bcrypt.hashpw(b"hunter2", bcrypt.gensalt(4)).decode()
PAIR = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
MUTUAL = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: root.pem\n"
REFUSED = (ssl.SSLError, ConnectionError)  # a connection is cut off where a handshake fails
USERS = f'basic_auth_users:\n  an: "{HASH}"\n'


@pytest.fixture
def file(tmp_path, issue, ca_file):
    """A web configuration with a certificate for 127.0.0.1; the roots beside it."""
    issue(tmp_path, "server")
    (tmp_path / "root.pem").write_bytes(ca_file.read_bytes())
    (tmp_path / "web.yml").write_text(PAIR)
    return tmp_path / "web.yml"


@pytest.fixture
def trusting(ca_file):
    """`trusting(**attributes)`: a client's context that trusts the authority of the tests."""

    def context(certificate=None, ciphers=None, **attributes):
        made = ssl.create_default_context(cafile=ca_file)
        for name, value in attributes.items():
            setattr(made, name, value)
        if certificate:
            made.load_cert_chain(f"{certificate}.crt", f"{certificate}.key")
        if ciphers:
            made.set_ciphers(ciphers)
        return made

    return context


async def shaken(address, context):
    """The TLS version, the cipher and the serial number of the server's certificate, of a new connection."""
    host, _, port = address.removeprefix("https://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    try:
        # Under TLS 1.3 a client learns only by reading that its certificate was not taken.
        writer.write(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        if not await reader.read():
            raise ConnectionError
        spoken = writer.get_extra_info("ssl_object")
        return spoken.version(), spoken.cipher()[0], spoken.getpeercert()["serialNumber"]
    finally:
        writer.close()


async def is_renewed(address, context, first):
    """Whoever is just coming in when it is renewed is sent off, and comes anew."""
    try:
        return (await shaken(address, context))[2] != first[2]
    except REFUSED:
        return False


async def until(get):
    async with asyncio.timeout(60):
        while not (found := await get()):  # noqa: ASYNC110 - what comes is on the other side of a connection
            await asyncio.sleep(0.005)
    return found


async def test_pages_come_over_tls_and_plain_http_is_not_answered(site, client, small_world, file, trusting):
    address = await site(small_world, web=file)
    async with client.get(address + "/metrics", ssl=trusting()) as answer:
        assert answer.status == 200
    with pytest.raises(aiohttp.ClientError):
        await client.get(address.replace("https", "http"))


async def test_tls_1_2_is_the_least(site, small_world, file, trusting):
    address = await site(small_world, web=file)
    assert (await shaken(address, trusting()))[0] == "TLSv1.3"
    assert (await shaken(address, trusting(maximum_version=ssl.TLSVersion.TLSv1_2)))[0] == "TLSv1.2"
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old = trusting(
            ciphers="ALL:@SECLEVEL=0", minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1
        )
    with pytest.raises(REFUSED):
        await shaken(address, old)


async def test_a_narrower_choice_of_versions_is_kept(site, small_world, file, trusting):
    file.write_text(PAIR + "  min_version: TLS13\n")
    address = await site(small_world, web=file)
    with pytest.raises(REFUSED):
        await shaken(address, trusting(maximum_version=ssl.TLSVersion.TLSv1_2))
    file.write_text(PAIR + "  max_version: TLS12\n")
    assert (await shaken(await site(small_world, web=file), trusting()))[0] == "TLSv1.2"


async def test_a_choice_of_ciphers_is_kept_under_the_names_that_go_has(site, small_world, file, trusting):
    suites = ("ECDSA_WITH_AES_256_GCM_SHA384", "ECDSA_WITH_CHACHA20_POLY1305_SHA256")
    file.write_text(PAIR + f"  cipher_suites: [{', '.join(f'TLS_ECDHE_{suite}' for suite in suites)}]\n")
    address = await site(small_world, web=file)
    old = {"maximum_version": ssl.TLSVersion.TLSv1_2}
    both = "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384"

    assert (await shaken(address, trusting(ciphers=both, **old)))[1] == "ECDHE-ECDSA-AES256-GCM-SHA384"
    with pytest.raises(REFUSED):
        await shaken(address, trusting(ciphers="ECDHE-ECDSA-AES128-GCM-SHA256", **old))
    file.write_text(file.read_text() + "  prefer_server_cipher_suites: false\n")
    assert (await shaken(await site(small_world, web=file), trusting(ciphers=both, **old)))[1] == both.split(
        ":", maxsplit=1
    )[0]


async def test_a_client_needs_a_certificate_of_ours_where_one_is_asked_for(
    site, small_world, file, trusting, issue, tmp_path
):
    file.write_text(PAIR + MUTUAL)
    issue(tmp_path, "client", "prometheus.example", client=True)
    address = await site(small_world, web=file)

    assert await shaken(address, trusting(tmp_path / "client"))
    with pytest.raises(REFUSED):
        await shaken(address, trusting())
    with pytest.raises(REFUSED):
        await shaken(address, trusting(tmp_path / "server"))  # signed by the same, but not for clients


async def test_a_certificate_is_not_needed_where_it_is_only_looked_at_when_given(
    site, small_world, file, trusting, tmp_path
):
    file.write_text(PAIR + MUTUAL.replace("RequireAndVerifyClientCert", "VerifyClientCertIfGiven"))
    address = await site(small_world, web=file)

    assert await shaken(address, trusting())
    with pytest.raises(REFUSED):
        await shaken(address, trusting(tmp_path / "server"))


async def test_both_can_be_asked_for_at_once(site, client, small_world, file, trusting):
    file.write_text(PAIR + USERS)
    address = await site(small_world, web=file)
    async with client.get(address + "/-/healthy", ssl=trusting()) as answer:
        assert answer.status == 401
    known = {"Authorization": "Basic YW46aHVudGVyMg=="}
    async with client.get(address + "/-/healthy", ssl=trusting(), headers=known) as answer:
        assert answer.status == 200


async def test_a_renewed_certificate_is_shown_without_a_restart(site, client, small_world, file, trusting, issue):
    address = await site(small_world, web=file)
    first = await shaken(address, trusting())
    async with client.get(address + "/-/healthy", ssl=trusting()) as answer:  # stays open
        assert answer.status == 200
    with capture_logs() as logs:
        issue(file.parent, "server")
        await until(lambda: is_renewed(address, trusting(), first))
        async with client.get(address + "/-/healthy", ssl=trusting()) as answer:
            assert answer.status == 200
        assert [line["event"] for line in logs] == ["web_config_renewed"]


async def test_users_are_renewed_and_tls_turned_on_without_a_restart(site, client, small_world, file, trusting):
    certificate = file.read_text()
    file.write_text("http_server_config: {headers: {X-Frame-Options: deny}}")
    address = await site(small_world, web=file)
    async with client.get(address + "/-/healthy") as answer:
        assert answer.status == 200
    file.write_text(certificate + USERS)

    async def closed():
        try:
            async with client.get(address.replace("http:", "https:") + "/-/healthy", ssl=trusting()) as answer:
                return answer.status == 401
        except aiohttp.ClientError:
            return False

    await until(closed)
    with pytest.raises(aiohttp.ClientError):  # nor over the connection that was open before
        await client.get(address + "/-/healthy")


@pytest.mark.parametrize(
    "break_it",
    [
        lambda file: file.write_text("tls_server_config: {cert_file: server.crt}\n"),
        lambda file: file.write_text(""),
        lambda file: (file.parent / "server.crt").write_text("-----BEGIN CERTIFICATE-----\nrubbish\n"),
        lambda file: (file.parent / "server.key").unlink(),
        lambda file: file.unlink(),
    ],
    ids=["a key is missing", "empty", "rubbish", "no key", "no file"],
)
async def test_a_broken_file_leaves_all_as_it_was_and_says_so_once(
    site, client, small_world, file, trusting, break_it, wait_until
):
    file.write_text(PAIR + USERS)
    before = {path: path.read_bytes() for path in file.parent.iterdir()}
    address = await site(small_world, web=file)
    first = await shaken(address, trusting())
    with capture_logs() as logs:
        break_it(file)
        await wait_until(lambda: not small_world.vitals.web_ok)
        for _ in range(5):
            await site.last._keeper.look()
        assert [line["event"] for line in logs] == ["web_config_failed"]
    assert await shaken(address, trusting()) == first
    async with client.get(address + "/-/healthy", ssl=trusting()) as answer:
        assert answer.status == 401
    assert HASH not in str(logs)
    assert "hunter2" not in str(logs)
    for path, content in before.items():
        path.write_bytes(content)
    await wait_until(lambda: small_world.vitals.web_ok)


async def test_a_file_that_is_just_being_written_is_left_alone(site, small_world, file):
    """What it holds half way may be sound, and open to everybody."""
    await site(small_world, web=file)
    keeping, kept = site.last._keeper, site.last.config
    site.last._keeping.cancel()
    for n in range(5):
        file.write_text(PAIR + f"# {'x' * n}\n")
        await keeping.look()
    assert site.last.config is kept
    await keeping.look()
    assert site.last.config is not kept


async def test_what_cannot_be_used_when_it_comes_to_it_leaves_all_as_it_was(site, small_world, file, trusting):
    """The files may change between being found right and being used."""
    address = await site(small_world, web=file)
    first = await shaken(address, trusting())
    found = read_web(file, file.parent)
    (file.parent / "server.crt").write_text("rubbish")
    with pytest.raises(OSError, match=r"PEM|NO_START_LINE|no start line"):
        await site.last.renew(found)
    assert await shaken(address, trusting()) == first


@pytest.mark.parametrize("where", ["renewing", "looking"])
async def test_a_fault_of_our_own_is_told_and_the_files_are_followed_on(
    site, small_world, file, trusting, issue, monkeypatch, wait_until, where
):
    address = await site(small_world, web=file)
    first = await shaken(address, trusting())
    with capture_logs() as logs, monkeypatch.context() as patched:
        if where == "renewing":
            patched.setattr(site.last, "renew", lambda _: 1 / 0)
        else:
            patched.setattr(keeper, "fingerprint", lambda _: 1 / 0)
        issue(file.parent, "server")
        await wait_until(lambda: not small_world.vitals.web_ok)
        assert {(line["event"], line["log_level"]) for line in logs} == {
            ("web_config_failed" if where == "renewing" else "web_config_not_followed", "error")
        }
        assert await shaken(address, trusting()) == first

    issue(file.parent, "server")
    await until(lambda: is_renewed(address, trusting(), first))
    await wait_until(lambda: small_world.vitals.web_ok)


async def test_localhost_means_every_address_it_has(site, client, small_world):
    address = await site(small_world, "localhost:0")
    async with client.get(address + "/-/healthy") as answer:
        assert answer.status == 200


async def test_a_taken_address_is_refused_as_before(site, small_world):
    address = await site(small_world)
    with pytest.raises(OSError, match="in use"):
        await site(small_world, address.removeprefix("http://"))


async def test_nothing_is_left_open_at_the_end(site, small_world, file, wait_until):
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone, of this process
    for _ in range(3):
        await site(small_world, web=file)
        await site.last.renew(read_web(file, file.parent))
        await site.last.stop()
    await wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before + 1)  # noqa: PTH208 - the same


@pytest.mark.parametrize("mutual", ["", MUTUAL], ids=["server", "both"])
def test_the_loop_that_the_program_runs_in_renews_its_doors_too(
    shown, small_world, file, trusting, issue, tmp_path, mutual
):
    """uvloop speaks TLS and holds sockets by code of its own; the tests above run in asyncio's."""
    file.write_text(PAIR + mutual)
    issue(tmp_path, "client", "prometheus.example", client=True)

    async def story():
        site = Site(shown(small_world), read_web(file, file.parent), every=0.005)
        try:
            address = f"https://{await site.start('127.0.0.1:0')}"
            known = trusting(tmp_path / "client" if mutual else None)
            first = await shaken(address, known)
            async with aiohttp.ClientSession() as client:
                for _ in range(2):
                    async with client.get(address + "/metrics", ssl=known) as answer:
                        assert answer.status == 200
                issue(tmp_path, "server")
                await until(lambda: is_renewed(address, known, first))
                async with client.get(address + "/metrics", ssl=known) as answer:
                    assert answer.status == 200
                await site.renew(None)
                async with client.get(address.replace("https", "http") + "/-/healthy") as answer:
                    assert answer.status == 200
            if mutual:
                await site.renew(read_web(file, file.parent))
                with pytest.raises(REFUSED):
                    await shaken(address, trusting())
        finally:
            await site.stop()

    loop.run(story())
