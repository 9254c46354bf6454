"""What the environment says, and how a wrong word in it is told."""
from __future__ import annotations

import pytest

from backend.agents.ensemble.line.endpoint import (
    Models,
    endpoint_from,
    is_local_host,
    list_models,
    only_model,
    role_models_from,
)
from backend.agents.stand_in import StandIn
from backend.errors import EndpointError, OptionError
from tests.agents.ensemble.live_line import by_name, line_to, message


def test_a_key_alone_means_openai_and_a_url_alone_a_server_of_ones_own() -> None:
    hosted = endpoint_from({"OPENAI_API_KEY": "sk-secret"})
    assert (hosted.base_url, hosted.host, hosted.is_local) == ("https://api.openai.com/v1", "api.openai.com", False)
    assert endpoint_from({"OPENAI_BASE_URL": "http://[::1]:8951/v1"}).host == "[::1]:8951"
    own = endpoint_from({"OPENAI_BASE_URL": "http://localhost:11434/v1/"})
    assert (own.base_url, own.host, own.is_local, own.has_key) == ("http://localhost:11434/v1", "localhost:11434", True,
                                                                   False)


def test_neither_names_both_variables_and_a_server_one_can_have() -> None:
    with pytest.raises(EndpointError) as caught:
        endpoint_from({"OPENAI_API_KEY": "  "})
    for word in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "http://localhost:11434/v1"):
        assert word in str(caught.value)


@pytest.mark.parametrize("url", ["localhost:11434/v1", "ftp://host/v1", "http://", "http://host:99999/v1", "nonsense"])
def test_what_is_no_web_address_is_one_line(url: str) -> None:
    with pytest.raises(EndpointError, match="OPENAI_BASE_URL is not a web address") as caught:
        endpoint_from({"OPENAI_BASE_URL": url})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("host", "local"), [
    ("localhost", True), ("127.0.0.1", True), ("::1", True), ("192.168.1.7", True), ("10.0.0.3", True),
    ("ollama", True), ("studio.local", True), ("api.openai.com", False), ("8.8.8.8", False), ("0.0.0.0", False)])
def test_local_is_this_machine_and_its_network(host: str, local: bool) -> None:
    assert is_local_host(host) is local


def test_the_key_shows_nowhere() -> None:
    endpoint = endpoint_from({"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": "https://me:hush@example.org/v1"})
    assert "sk-secret" not in repr(endpoint)
    assert endpoint.redact("bad key sk-secret,\n or hush") == "bad key ***, or ***"
    assert endpoint.host == "example.org"


def test_a_key_with_a_line_break_in_it_is_not_repeated() -> None:
    with pytest.raises(EndpointError) as caught:
        endpoint_from({"OPENAI_API_KEY": "sk-sec\nret"})
    assert "sk-sec" not in str(caught.value)


def test_roles_have_models_of_their_own() -> None:
    roles = role_models_from(" instrument=gpt-4.1 , reviewer=org/mini:8b=q4 ")
    models = Models("main", roles)
    assert [models.of(role) for role in ("instrument", "reviewer", "volume")] == ["gpt-4.1", "org/mini:8b=q4", "main"]
    assert models.name == "main+gpt-4.1+org/mini:8b=q4"
    assert role_models_from(None) == ()


@pytest.mark.parametrize(("text", "said"), [("drummer=x", "no such role"), ("reviewer", "write ROLE=MODEL"),
                                            ("reviewer=", "write ROLE=MODEL")])
def test_a_role_that_is_none_is_told(text: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        role_models_from(text)


def test_the_servers_list_and_the_one_model_in_it() -> None:
    with StandIn(by_name, model=("a", "b"), key="sk-1") as server:
        endpoint = endpoint_from({"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-1"})
        assert list_models(endpoint) == ("a", "b")
    assert only_model(("a",), "h") == "a"
    with pytest.raises(EndpointError, match="Choose one with --model: a, b"):
        only_model(("a", "b"), "h")
    with pytest.raises(EndpointError, match="lists no models"):
        only_model((), "h")


@pytest.mark.parametrize(("name", "value"), [("ALL_PROXY", "socks5://127.0.0.1:1080"), ("https_proxy", "foo://p:1"),
                                             ("HTTP_PROXY", "http://p:ab")])
def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """For the list of models and for a question; nothing is sent."""
    for other in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(other, raising=False)
        monkeypatch.delenv(other.lower(), raising=False)
    monkeypatch.setenv(name, value)
    said = f"^What {name} says of the way to models.invalid cannot be used.*http://HOST:PORT"
    with pytest.raises(EndpointError, match=said) as caught:
        list_models(endpoint_from({"OPENAI_BASE_URL": "https://models.invalid/v1"}))
    assert "\n" not in str(caught.value)
    line = line_to("https://models.invalid/v1")
    with pytest.raises(EndpointError, match=said):
        line.say(message())
    line.close()
