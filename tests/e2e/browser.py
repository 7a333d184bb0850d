"""A headless Chromium, driven over WebDriver: what a user sees, and what the browser itself reports."""

import base64
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from orchestration.serve import free_port

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def why_no_browser() -> str:
    """Empty where a browser can be driven."""
    missing = [name for name in ("chromium", "chromedriver") if not _found(name)]
    return f"{' and '.join(missing)} not on PATH (Debian: chromium, chromium-driver)" if missing else ""


def _found(name: str) -> str | None:
    names = BROWSERS if name == "chromium" else (name,)
    return next((path for path in map(shutil.which, names) if path), None)


class Browser:
    """One session. `console` and `requests` grow for as long as it lives."""

    def __init__(self, client: httpx.Client, session: str) -> None:
        self._client = client
        self._path = f"/session/{session}"
        self._console: list[dict[str, Any]] = []
        self._requests: list[str] = []

    def call(self, method: str, path: str, **body: Any) -> Any:
        answer = self._client.request(method, self._path + path, json=body if method == "POST" else None)
        value = answer.json()["value"]
        assert answer.is_success, value
        return value

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self.call("POST", "/goog/cdp/execute", cmd=command, params=parameters)

    def open(self, url: str) -> None:
        self.call("POST", "/url", url=url)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.call("POST", "/execute/sync", script=script, args=list(arguments))

    def wait_for(self, script: str, seconds: float = 20) -> Any:
        """Until the script answers with something; a page that is being left answers with nothing."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with suppress(AssertionError):
                if found := self.run(script):
                    return found
            time.sleep(0.02)
        raise AssertionError(f"never true: {script}; the page says: {self.text('body')}")

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector))

    def texts(self, selector: str) -> list[str]:
        return list(self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)", selector))

    def type_into(self, selector: str, text: str) -> None:
        found = self.call("POST", "/element", using="css selector", value=selector)
        element = next(iter(found.values()))
        self.call("POST", f"/element/{element}/clear")
        self.call("POST", f"/element/{element}/value", text=text)

    def look(self, width: int, *, dark: bool = False) -> None:
        """A window of this width, in the light or the dark scheme."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])
        time.sleep(0.6)

    def picture(self, path: Path) -> None:
        taken = self.devtools("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        path.write_bytes(base64.b64decode(taken["data"]))

    def console(self) -> list[dict[str, Any]]:
        """Everything written so far; a breach of the content security policy is among it."""
        self._console += self.call("POST", "/se/log", type="browser")
        return self._console

    def hosts(self) -> set[str]:
        """Hosts that pages asked so far, whether or not they were reached."""
        for entry in self.call("POST", "/se/log", type="performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                self._requests.append(event["params"]["request"]["url"])
            elif event["method"] == "Network.webSocketCreated":
                self._requests.append(event["params"]["url"])
        return {
            urlsplit(url).netloc for url in self._requests if urlsplit(url).scheme in {"http", "https", "ws", "wss"}
        }


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with a profile of its own; nothing of it is left running."""
    port = free_port("127.0.0.1")
    driver = subprocess.Popen(
        [str(_found("chromedriver")), f"--port={port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    options = {"binary": _found("chromium"), "args": [*ARGUMENTS, f"--user-data-dir={profile}"]}
    wanted = {
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    }
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            _until(lambda: client.get("/status").json()["value"]["ready"])
            opened = client.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
            assert "sessionId" in opened, opened
            try:
                yield Browser(client, opened["sessionId"])
            finally:
                client.delete(f"/session/{opened['sessionId']}")
    finally:
        driver.terminate()
        driver.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(driver.pid, signal.SIGKILL)


def _until(is_ready: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            if is_ready():
                return
        time.sleep(0.05)
    raise AssertionError("the browser's driver did not start")
