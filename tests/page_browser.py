"""The distribution's Chromium at the bedside page, with everything kept that a page must not do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE_MS = 60_000.0
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SMALLEST_PHONE = {"width": 360, "height": 740}
WALL = {"width": 1920, "height": 1080}
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
LANGUAGES = ("en", "de")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, its profile in an empty folder of its own; a skip where the distribution has none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium: .ci/system-packages installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), timeout=2 * PATIENCE_MS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """One person's browser at the page at ``base``; ``wrongs`` are errors, policy violations and foreign requests."""

    browser: Browser
    base: str
    wrongs: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, size: dict[str, int], *, language: str = "en", colours: str = "light", **more: Any) -> Page:
        """A page that nobody is logged in to."""
        context = self.browser.new_context(
            viewport=size, color_scheme=colours, reduced_motion="reduce", locale="en-GB", **more
        )
        context.add_init_script(
            "addEventListener('securitypolicyviolation', (event) =>"
            " console.error('policy', event.violatedDirective, event.blockedURI));"
            f"localStorage.getItem('vigil.language') ?? localStorage.setItem('vigil.language', '{language}');"
        )
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page = context.new_page()
        page.on("request", lambda request: self._requested(request.url))
        page.on("pageerror", lambda error: self.wrongs.append(f"error: {error}"))
        page.on("console", lambda message: self._said(message.type, message.text))
        page.goto(self.base)
        return page

    def log_in(
        self, name: str, password: str, size: dict[str, int] | None = None, *, view: str = "beds", **more: Any
    ) -> Page:
        """A page with ``name`` logged in, at ``view``."""
        page = self.open(size or DESKTOP, **more)
        fill_login(page, name, password)
        page.locator(".shell").wait_for()
        go(page, view)
        return page

    def _requested(self, url: str) -> None:
        self.asked.append(url)
        parts, own = urlsplit(url), urlsplit(self.base)
        if parts.scheme not in ("data", "blob") and parts.netloc != own.netloc:
            self.wrongs.append(f"request to {url}")

    def _said(self, kind: str, text: str) -> None:
        # refused requests are part of some stories; what they do is asserted there
        if kind == "error" and "Failed to load resource" not in text and "net::ERR_" not in text:
            self.wrongs.append(f"console: {text}")


def fill_login(page: Page, name: str, password: str) -> None:
    """Type name and password and send them."""
    page.locator("input[autocomplete=username]").fill(name)
    page.locator("input[autocomplete=current-password]").fill(password)
    page.locator("form button[type=submit]").click()


def go(page: Page, view: str) -> None:
    """To a view by its address, and wait until it stands."""
    page.evaluate("(view) => { location.hash = `#/${view}`; }", view)
    page.locator(f".shell[data-view='{view.partition('/')[0]}'] h1").first.wait_for()


def state_of(page: Page, bed: str) -> str:
    """What the card of ``bed`` says."""
    return page.locator(f".bed[data-bed='{bed}']").get_attribute("data-state") or ""
