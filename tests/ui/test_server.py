"""Who may reach the page, in which language it answers, and that it asks nobody else for anything."""

import os
import re
import socket

import httpx
import pytest
from starlette.datastructures import Headers

from engine.schema import UserError
from ui import server, theme
from ui.server import Place

LOCAL = Place("127.0.0.1", 7860)
SPACE = Place("0.0.0.0", 7860, space="owner-kurabe.hf.space")


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "LOCALHOST", "[::1]:7860"])
def test_local_page_answers_to_its_local_names(host):
    assert server.refuse(LOCAL, host, None) == ""
    assert server.refuse(LOCAL, host, f"http://{host.lower()}") == ""


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil:7860", "[", "192.168.0.5"]
)
def test_another_host_name_is_turned_away(host):
    assert server.refuse(LOCAL, host, None)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:9999", "http://127.0.0.1", "file://"]
)
def test_another_sites_script_is_turned_away(origin):
    assert server.refuse(LOCAL, "127.0.0.1:7860", origin)


def test_space_answers_to_its_own_name_behind_its_proxy():
    assert server.refuse(SPACE, "owner-kurabe.hf.space", "https://owner-kurabe.hf.space") == ""
    assert server.refuse(SPACE, "10.0.0.7:7860", "https://owner-kurabe.hf.space") == ""
    assert server.refuse(SPACE, "owner-kurabe.hf.space", "https://evil.example")


def test_serving_to_others_needs_a_password():
    with pytest.raises(UserError, match="KURABE_PASSWORD"):
        server.place("0.0.0.0", 7860, {})
    protected = server.place("0.0.0.0", 7860, {"KURABE_PASSWORD": "s3cret"})
    assert server.launch_options(protected)["auth"] == ("kurabe", "s3cret")


def test_space_serves_on_all_addresses_with_its_own_login():
    found = server.place("127.0.0.1", 7860, {"SPACE_ID": "owner/kurabe", "SPACE_HOST": "owner-kurabe.hf.space"})
    assert found.host == "0.0.0.0" and "auth" not in server.launch_options(found)


def test_nothing_is_shared_recorded_or_served_from_a_folder():
    options = server.launch_options(LOCAL)
    assert not options["share"] and not options["run_history"] and options["allowed_paths"] == []
    assert options["footer_links"] == [] and options["max_file_size"]


def test_taken_port_is_one_clear_message():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port}.*PORT={port + 1}"):
            server.expect_free(Place("127.0.0.1", port))


@pytest.mark.parametrize("port", [-1, 70_000])
def test_impossible_port_is_one_clear_message(port):
    with pytest.raises(UserError, match=str(port)):
        server.expect_free(Place("127.0.0.1", port))


@pytest.mark.parametrize(
    ("headers", "lang"),
    [
        ({}, "en"),
        ({"accept-language": "ja,en-US;q=0.9"}, "ja"),
        ({"accept-language": "en;q=0.8,ja-JP;q=0.9"}, "ja"),
        ({"accept-language": "fr-FR, de;q=0.5"}, "en"),
        ({"accept-language": "ja;q=oops, en"}, "en"),
        ({"accept-language": "en", "cookie": "a=b; kurabe_lang=ja"}, "ja"),
        ({"cookie": "kurabe_lang=<script>"}, "en"),
    ],
)
def test_language_follows_the_choice_made_before_then_the_browser(headers, lang):
    assert server.preferred(Headers(headers)) == lang


def get(served, path, **headers):
    return httpx.get(served.url + path, headers=headers, timeout=60)


def test_japanese_browser_is_sent_to_the_japanese_page_with_its_address(served):
    answer = get(served, "/?run=20260101-000000-abcdef&step=result", **{"accept-language": "ja"})
    assert answer.status_code == 307
    assert answer.headers["location"] == "./ja?run=20260101-000000-abcdef&step=result"


@pytest.mark.parametrize(
    ("path", "target"),
    [("/?lang=ja", "./ja?lang=ja"), ("/ja?lang=en", "./?lang=en"), ("/?lang=xx", None), ("/ja", None)]
    + [("/ja/?case=own", "../ja?case=own"), ("/ja/?lang=en&case=own", "../?lang=en&case=own")],
)
def test_language_in_the_address_wins(served, path, target):
    assert get(served, path, **{"accept-language": "en"}).headers.get("location") == target


def test_served_page_turns_away_foreign_hosts_and_origins(served):
    assert get(served, "/").status_code == 200
    assert get(served, "/", host="evil.example").status_code == 403
    answer = httpx.post(
        served.url + "/gradio_api/queue/join", json={}, headers={"origin": "http://evil.example"}, timeout=60
    )
    assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/ja"])
def test_page_may_load_nothing_from_elsewhere_and_be_framed_by_nobody(served, path):
    policy = get(served, path).headers["content-security-policy"]
    assert "default-src 'self'" in policy and "connect-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert not re.search(r"https?:|\*", policy)


def test_our_styles_and_script_name_no_other_site():
    ours = (theme.css() + theme.head()).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|@import|//cdn", ours)


@pytest.mark.parametrize(
    "path", ["/gradio_api/file=/etc/passwd", "/gradio_api/file=engine/text.yaml", "/gradio_api/runs"]
)
def test_no_file_and_no_history_is_served(served, path):
    assert get(served, path).status_code in (403, 404)


@pytest.mark.parametrize(("before", "after"), [(None, "0"), ("1", "1"), ("0", "0")])
def test_code_of_evaluate_modules_runs_from_the_page_only_where_it_was_started_so(monkeypatch, before, after):
    for name in ("GRADIO_ANALYTICS_ENABLED", "HF_HUB_DISABLE_TELEMETRY", "GRADIO_SHARE", "GRADIO_MCP_SERVER"):
        monkeypatch.setenv(name, os.environ.get(name, ""))  # put back after the test
    monkeypatch.setenv("GRADIO_TEMP_DIR", os.environ.get("GRADIO_TEMP_DIR", ""))
    monkeypatch.setenv("KURABE_ALLOW_EVALUATE", before or "")
    if before is None:
        monkeypatch.delenv("KURABE_ALLOW_EVALUATE")
    server.quiet_environment()
    assert os.environ["KURABE_ALLOW_EVALUATE"] == after
