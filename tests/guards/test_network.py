"""The guard itself: a test that leaves the machine fails."""

import socket

import pytest
from blockbuster import BlockBuster


def test_a_name_that_is_not_ours_cannot_be_resolved(network_attempts: list[str]) -> None:
    with pytest.raises(OSError, match="only loopback"):
        socket.getaddrinfo("example.org", 443)
    assert network_attempts == ["example.org"]
    network_attempts.clear()


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_an_address_that_is_not_ours_cannot_be_connected_to(address: str, network_attempts: list[str]) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as one, pytest.raises(OSError, match="only loopback"):
        one.connect((address, 443))
    with socket.socket(family, socket.SOCK_DGRAM) as one, pytest.raises(OSError, match="only loopback"):
        one.sendto(b"hello", (address, 53))
    assert network_attempts == [address, address]
    network_attempts.clear()


def test_the_guard_stays_when_blocking_calls_are_let_through(
    blocking_calls: BlockBuster, network_attempts: list[str]
) -> None:
    blocking_calls.deactivate()
    try:
        with socket.socket() as one, pytest.raises(OSError, match="only loopback"):
            one.connect(("192.0.2.1", 443))
    finally:
        blocking_calls.activate()
    network_attempts.clear()


def test_loopback_is_open(network_attempts: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        other, _ = server.accept()
        with other:
            client.sendall(b"hello")
            assert other.recv(5) == b"hello"
    assert socket.getaddrinfo("localhost", 80)
    assert network_attempts == []


def test_a_swallowed_attempt_still_fails_the_test(
    pytester: pytest.Pytester, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    conftest = pytestconfig.rootpath / "tests" / "conftest.py"
    pytester.makeconftest(conftest.read_text(encoding="utf-8"))
    pytester.makepyfile(
        """
        import socket

        def test_phones_home():
            try:
                socket.create_connection(("example.org", 443))
            except OSError:
                pass
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*this test tried to reach the network: example.org*"])
