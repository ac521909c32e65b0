"""What counts as this machine and its own network, and what as elsewhere."""

import httpx
import pytest

from models.http.places import host_elsewhere


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.9.1",
        "localhost",
        "LOCALHOST.",
        "[::1]",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.254",
        "192.168.1.5",
        "169.254.7.7",
        "100.64.0.9",
        "[fe80::1]",
        "[fd12:3456::1]",
        "[::ffff:192.168.1.5]",
        "gpu-box",
        "ollama",
        "gpu.local",
        "nas.lan",
        "host.docker.internal",
        "box.home.arpa",
        "2130706433",
        "0x7f000001",
    ],
)
def test_this_machine_and_its_own_network(host: str) -> None:
    assert host_elsewhere(httpx.URL(f"http://{host}:8000/v1")) == ""


@pytest.mark.parametrize(
    "host",
    [
        "8.8.8.8",
        "172.32.0.1",
        "[2001:4860:4860::8888]",
        "[::ffff:8.8.8.8]",
        "api.openai.com",
        "API.OpenAI.com.",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1.nip.io",
        "evil-local.example",
        "134744072",
        "0x08080808",
        "8.8.2056",
    ],
)
def test_elsewhere(host: str) -> None:
    told = host_elsewhere(httpx.URL(f"https://{host}/v1"))
    assert told and told in host.casefold()


def test_a_password_in_the_address_is_not_told() -> None:
    assert host_elsewhere(httpx.URL("https://ada:hunter2@api.example:8443/v1")) == "api.example"
