"""The web console's files as browsers get them, and what pages of other origins may not do."""
import gzip
import re
import shutil
import socket
import subprocess

import pytest

from test_wire import ask

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "gzip"}
EVIL = "http://evil.example"
PUT = {"X-Amz-Target": "AWSEvents.ListEventBuses", "Content-Type": "application/x-amz-json-1.1"}


@pytest.fixture(scope="module")
def page(server):
    """index.html; skips in a build without the console."""
    answer = ask(server, "GET", "/", headers={"Accept": "text/html"})
    if answer.headers["content-type"].startswith("text/plain"):
        assert b"built without the web console" in answer.body  # which says how to get it
        pytest.skip("this build is without the web console")
    return answer


def assets(page):
    return sorted(set(re.findall(r'"(/assets/[^"]+)"', page.body.decode())))


# ---- files ----

def test_page(server, page):
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["default-src"] == "'none'"
    assert not re.search(rb"<script(?![^>]*\bsrc=)|<style|\bon\w+=", page.body)
    assert len(assets(page)) >= 2


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_assets(server, page, encoding):
    for path in assets(page):
        answer = ask(server, "GET", path, headers={"Accept-Encoding": encoding})
        assert answer.status == 200
        assert answer.headers["content-encoding"] == encoding
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].split(";")[0] in ("text/javascript", "text/css")
        if encoding == "gzip":
            assert len(gzip.decompress(answer.body)) > len(answer.body)
        head = ask(server, "HEAD", path, headers={"Accept-Encoding": encoding})
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == str(len(answer.body))
        again = ask(server, "GET", path, headers={"Accept-Encoding": encoding, "If-None-Match": answer.headers["etag"]})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", answer.headers["etag"])
        assert ask(server, "GET", path, headers={"Accept-Encoding": encoding, "If-None-Match": '"x"'}).status == 200


def test_both_forms_have_tags_of_their_own(server, page):
    path = assets(page)[0]
    tags = {ask(server, "GET", path, headers={"Accept-Encoding": e}).headers["etag"] for e in ("br", "gzip")}
    assert len(tags) == 2


def test_a_client_that_takes_no_form(server, page):
    large = max(assets(page), key=lambda path: len(ask(server, "GET", path, headers=HTML).body))
    answer = ask(server, "GET", large, headers={"Accept-Encoding": "identity"})
    assert answer.status == 406 and b"gzip" in answer.body
    assert ask(server, "GET", "/", headers={"Accept": "text/html", "Accept-Encoding": "identity"}).body == page.body


def test_pages_have_links_of_their_own(server, page):
    for path in ("/buses", "/buses/orders", "/machines.html", "/"):
        assert ask(server, "GET", path, headers={"Accept": "text/html"}).body == page.body, path
    for path in ("/buses", "/assets/none.js", "/index.htm"):
        assert ask(server, "GET", path, headers={"Accept": "*/*"}).status == 404, path
    assert ask(server, "GET", "/assets/none.js", headers={"Accept": "text/html"}).status == 404


def test_who_is_no_browser_gets_text_and_the_api(server, page):
    assert ask(server, "GET", "/").headers["content-type"].startswith("text/plain")
    assert ask(server, "GET", "/healthz", headers=HTML).body == b"ok\n"
    assert ask(server, "GET", "/metrics", headers=HTML).headers["content-type"].startswith("text/plain")
    identity = ask(server, "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", headers=HTML)
    assert identity.status == 200 and b"GetCallerIdentityResult" in identity.body


def raw(server, target, headers="Host: localhost\r\nAccept: text/html\r\n", method="GET"):
    """The status of a request whose target goes out as it is."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(f"{method} {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n".encode("latin-1"))
        answer = b""
        while True:
            got = connection.recv(65536)
            if not got:
                return int(answer.split(b" ", 2)[1]), answer
            answer += got


@pytest.mark.parametrize("target", [
    "/../etc/passwd", "/assets/../../etc/passwd", "/assets/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
    "/..\\..\\x", "//etc/passwd", "/assets//index.js", "/assets/%00", "/a%0d%0ab", "/assets/\xe9", "/;/x",
    "/assets/.", "/assets/", "/index.html%20", "/assets/index.js/../x", "/....//x"])
def test_hostile_paths(server, page, target):
    status, answer = raw(server, target)
    assert status in (400, 404), answer[:200]
    assert b"root:" not in answer


# ---- pages of other origins ----

def test_another_origin_may_not_use_the_api(server):
    ours = f"http://127.0.0.1:{server.port}"
    for origin in (EVIL, "null", f"http://127.0.0.1:{server.port + 1}", ours + ".evil.example", ""):
        answer = ask(server, body=b"{}", headers=dict(PUT, Origin=origin))
        assert answer.status == 403, origin
        assert "--origin" in answer.json["message"]
        assert "access-control-allow-origin" not in answer.headers
    assert ask(server, body=b"{}", headers=dict(PUT, Origin=f"http://127.0.0.1:{server.port}")).status == 200
    assert ask(server, body=b"{}", headers=PUT).status == 200
    assert ask(server, body=b"{}", headers=dict(PUT, **{"Sec-Fetch-Site": "cross-site"})).status == 403
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": EVIL}
    assert ask(server, body=b"Action=GetCallerIdentity&Version=2011-06-15", headers=form).status == 403
    assert ask(server, "OPTIONS", headers={"Origin": EVIL, "Access-Control-Request-Method": "POST"}).status == 403


def test_a_read_of_another_origin_is_answered_without_a_leave_to_look(server):
    answer = ask(server, "GET", "/healthz", headers={"Origin": EVIL})
    assert answer.status == 200
    assert "access-control-allow-origin" not in answer.headers


def test_a_name_that_was_pointed_here(server):
    for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1.evil.example", "localhost.evil.example"):
        for path in ("/", "/metrics", "/healthz", "/?Action=GetCallerIdentity"):
            answer = ask(server, "GET", path, headers={"Host": host, "Accept": "text/html"})
            assert answer.status == 421, (host, path)
            assert b"--host" in answer.body
        rebound = ask(server, body=b"{}", headers=dict(PUT, Host=host, Origin=f"http://{host}"))
        assert rebound.status == 421
        # An SDK goes by whatever name leads here.
        assert ask(server, body=b"{}", headers=dict(PUT, Host=host)).status == 200
    for host in ("localhost", "LOCALHOST:1", "a.localhost", "127.0.0.1:80", "[::1]:4566", "sync-localhost",
                 "stream-127.0.0.1"):
        assert ask(server, "GET", "/healthz", headers={"Host": host}).status == 200, host


def test_hosts_and_origins_of_settings(new_server):
    app = "https://app.example:8443"
    server = new_server("--ephemeral", "--host", "crema.example", "--origin", app)
    assert ask(server, "GET", "/healthz", headers={"Host": "crema.example:80"}).status == 200
    assert ask(server, "GET", "/healthz", headers={"Host": "other.example"}).status == 421
    asked = ask(server, "OPTIONS", headers={"Origin": app, "Access-Control-Request-Method": "POST",
                                            "Access-Control-Request-Headers": "authorization,x-amz-target"})
    assert (asked.status, asked.headers["access-control-allow-origin"]) == (204, app)
    assert asked.headers["access-control-allow-headers"] == "authorization,x-amz-target"
    answer = ask(server, body=b"{}", headers=dict(PUT, Origin=app))
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, app)
    assert "x-amzn-RequestId" in answer.headers["access-control-expose-headers"]
    refusal = ask(server, body=b"{", headers=dict(PUT, Origin=app))
    assert (refusal.status, refusal.headers["access-control-allow-origin"]) == (400, app)
    for origin in (EVIL, "https://app.example", "http://app.example:8443", app + ".evil.example"):
        assert ask(server, body=b"{}", headers=dict(PUT, Origin=origin)).status == 403


def test_with_keys_a_page_is_shown_and_nothing_more(new_server, page):
    server = new_server("--ephemeral", "--key", "ID:SECRET")
    assert ask(server, "GET", "/", headers={"Accept": "text/html"}).body == page.body
    answer = ask(server, body=b"{}", headers=dict(PUT, Origin=f"http://127.0.0.1:{server.port}"))
    assert "Missing Authentication Token" in answer.json["message"]


# ---- in a browser ----

def test_a_browser_shows_it_under_its_policy(server, page, tmp_path):
    program = shutil.which("chromium")
    if not program:
        pytest.skip("chromium is not on this machine")
    command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
               f"--user-data-dir={tmp_path}", "--virtual-time-budget=8000", "--dump-dom", f"{server.endpoint}/"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    for text in ("Event buses", "Recent events", "State machines", "Up for", "Executions"):
        assert text in done.stdout, done.stderr
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not said, "\n".join(said)
