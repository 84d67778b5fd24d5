"""Style sheets, scripts and pictures: kept for a year, fetched anew when changed, sent packed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from crm.web.assets import set_up_assets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "look.css").write_text("a { color: red }")
    return tmp_path / "static"


@pytest.fixture
def site(folder: Path) -> Flask:
    app = Flask("assets", static_folder=str(folder))
    set_up_assets(app)
    return app


@pytest.fixture
def browser(site: Flask) -> FlaskClient:
    return site.test_client()


def address(site: Flask) -> str:
    with site.test_request_context():
        return url_for("static", filename="look.css")


def test_an_address_with_a_hash_may_be_kept_for_a_year(site: Flask, browser: FlaskClient) -> None:
    with browser.get(address(site)) as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_an_address_without_a_hash_is_asked_for_again_soon(browser: FlaskClient) -> None:
    with browser.get("/static/look.css") as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_a_changed_file_has_a_new_address(site: Flask, folder: Path) -> None:
    before = address(site)
    (folder / "look.css").write_text("a { color: blue; margin: 0 }")
    assert address(site) != before


def test_a_browser_that_takes_gzip_gets_the_packed_file(browser: FlaskClient, folder: Path) -> None:
    (folder / "look.css.gz").write_bytes(gzip.compress(b"a { color: red }"))
    with browser.get("/static/look.css", headers={"Accept-Encoding": "gzip, br"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.mimetype == "text/css"
        assert gzip.decompress(answer.data) == b"a { color: red }"


@pytest.mark.parametrize("encodings", ["identity", "gzip;q=0", "br"])
def test_a_browser_that_takes_no_gzip_gets_the_plain_file(browser: FlaskClient, folder: Path, encodings: str) -> None:
    (folder / "look.css.gz").write_bytes(gzip.compress(b"a { color: red }"))
    with browser.get("/static/look.css", headers={"Accept-Encoding": encodings}) as answer:
        assert answer.data == b"a { color: red }"
        assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["../secret.css", "..%2fsecret.css", "no-such.css"])
def test_nothing_outside_the_folder_is_sent(browser: FlaskClient, folder: Path, path: str) -> None:
    (folder.parent / "secret.css").write_text("secret")
    (folder.parent / "secret.css.gz").write_bytes(b"secret")
    with browser.get(f"/static/{path}") as answer:
        assert answer.status_code == 404
