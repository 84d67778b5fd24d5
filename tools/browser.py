"""Finds a Chromium for the browser tests, and installs one where it may.

Order: HELIU_CHROMIUM, what the machine has, what Playwright has downloaded. To install: Debian's package where we are
root (with a Chinese font, so that pictures of pages can be read), else Playwright's download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKAGES = ("chromium", "chromium-l10n", "fonts-wqy-microhei")


def find() -> str | None:
    """The program to start, or None."""
    if given := os.environ.get("HELIU_CHROMIUM"):
        return given
    return next((path for name in NAMES if (path := shutil.which(name))), None) or _downloaded()


def main() -> None:
    """Make sure that there is a browser. Without one the build machine stops here; elsewhere browser tests are skipped."""
    if find():
        return
    print("browser: no Chromium found, installing one")
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        _try("apt-get", "-qq", "update", environment=quiet)
        _try("apt-get", "-qq", "install", "-y", "--no-install-recommends", *PACKAGES, environment=quiet)
    if not find():
        _try(sys.executable, "-m", "playwright", "install", "chromium")
    if not find():
        cure = f"install it (apt-get install {' '.join(PACKAGES)}) or set HELIU_CHROMIUM to its path"
        if os.environ.get("CI"):
            sys.exit(f"browser: there is no Chromium; {cure}")
        print(f"browser: there is no Chromium, so the browser tests will be skipped; {cure}", file=sys.stderr)


def _downloaded() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _try(*command: str, environment: dict[str, str] | None = None) -> None:
    # A failure is not the end: the next way is tried, and `main` judges by what is there afterwards.
    subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL, timeout=900)


if __name__ == "__main__":
    main()
