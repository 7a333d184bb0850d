"""Where webhooks may go: a table of hostile addresses, names that change their mind, and what an operator allows."""

from ipaddress import ip_address

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional_api.events.addresses import (
    AddressRefused,
    Allowed,
    PinnedBackend,
    WebhookUrlRefused,
    check_url,
    pick,
    refusal,
)

NOTHING = Allowed()
HOSTILE_URLS = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.0.1.:80/",
    "http://0/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://127.0.0.01/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200/",
    "http://192.0.0.192/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:53aa:64c::]/",
    "http://[2001:db8::1]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://a.localhost/",
    "http://printer.local/",
    "http://metadata.google.internal/",
    "http://user@example.com/",
    "http://user:password@example.com/",
    "http://example.com@127.0.0.1/",
    "http://example.com\\@127.0.0.1/",
    "http://exa mple.com/",
    "http://example.com:0/",
    "http://example.com:99999/",
    "http://example.com/#part",
    "http:///path",
    "http://",
    "//example.com/",
    "example.com",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "http://①②⑦.0.0.1/",
    "http://exämple.com/",
    "http://example.com/\r\nHost: other",
    "http://[::1",
    "http://" + "a" * 3000,
]


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_a_hostile_url_is_refused_before_any_name_is_looked_up(url: str) -> None:
    with pytest.raises(WebhookUrlRefused) as refused:
        check_url(url, NOTHING)
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook",
        "http://n8n.example.com:5678/webhook/1?x=1",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://my_host.example.com./",
    ],
)
def test_a_public_url_is_accepted(url: str) -> None:
    check_url(url, NOTHING)


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["fe80::1%eth0"], []])
def test_a_name_is_refused_if_any_of_its_addresses_is(answers: list[str]) -> None:
    with pytest.raises(AddressRefused):
        pick("example.com", answers, NOTHING)


def test_an_operator_allows_hosts_and_networks_and_nothing_beside_them() -> None:
    allowed = Allowed.parse(" n8n.internal, 10.1.0.0/16 ,fd00::/8,127.0.0.1,")
    for url in ("http://n8n.internal:5678/", "http://10.1.2.3/", "http://[fd00::1]/", "http://127.0.0.1:9/"):
        check_url(url, allowed)
    for url in ("http://other.internal/", "http://10.2.0.1/", "http://127.0.0.2/", "http://[::1]/"):
        with pytest.raises(WebhookUrlRefused):
            check_url(url, allowed)
    assert pick("n8n.internal", ["192.168.7.7"], allowed) == "192.168.7.7"
    with pytest.raises(AddressRefused):
        pick("example.com", ["192.168.7.7"], allowed)


def test_a_name_that_means_another_machine_a_moment_later_is_asked_once_and_pinned() -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    asked: list[str] = []
    connected: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    class NoNetwork:
        def connect_tcp(self, host: str, *_: object) -> httpcore.NetworkStream:
            connected.append(host)
            raise httpcore.ConnectError("this test has no network")

    backend = PinnedBackend(NOTHING, rebinding)
    backend._real = NoNetwork()  # type: ignore[assignment]
    backend.deadline = float("inf")
    with pytest.raises(httpcore.ConnectError):
        backend.connect_tcp("rebound.example", 80)
    assert (asked, connected) == (["rebound.example"], ["93.184.216.34"])
    with pytest.raises(AddressRefused):
        backend.connect_tcp("rebound.example", 80)
    assert connected == ["93.184.216.34"]


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_of_a_special_registry_is_let_through(address: object) -> None:
    found = ip_address(str(address))
    if not found.is_global or found.is_private or found.is_multicast or found.is_reserved:
        assert refusal(found) is not None


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "::{}", "64:ff9b::{}", "64:ff9b:1::{}"]))
def test_no_ipv4_address_passes_in_a_dress_of_ipv6(address: object, dress: str) -> None:
    assert refusal(ip_address(dress.format(address))) is not None
