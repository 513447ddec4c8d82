"""A headless Chromium, driven through its DevTools protocol over two pipes; nothing to install beside the browser.

python tests/support/browser.py ravine.html page.jpeg --address "surface=beale&t=40"      takes a picture of a page
"""

import argparse
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


def find_browser():
    """The path of a Chromium or Chrome, or None; the environment variable CHROMIUM names another.

    On Windows it is None, since a process there inherits no descriptors by number.
    """
    if os.name != "posix":
        return None
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page in a browser of its own: `with Browser(url, folder) as page`. `errors` are what its console had."""

    def __init__(self, url, folder, size=(1280, 900)):
        import fcntl  # not on Windows

        # Chromium reads commands from descriptor 3 and writes answers to 4.
        (read, self._out), (self._in, write) = os.pipe(), os.pipe()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (read, write)]

        def arrange():
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        command = [find_browser(), *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, preexec_fn=arrange, pass_fds=(3, 4), **quiet)
        for fd in (read, write, *high):
            os.close(fd)
        self._number, self._rest, self.session, self.errors, self.requests = 0, b"", None, [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.url = url
        self.resize(*size)
        self.open(url)

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def call(self, method, **params):
        """A command of the protocol, and its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._note(answer)

    def _read(self, patience=60):
        while b"\0" not in self._rest:
            if not select.select([self._in], [], [], patience)[0]:
                raise TimeoutError(f"Chromium has said nothing for {patience} s")
            part = os.read(self._in, 1 << 20)
            if not part:
                raise RuntimeError("Chromium has ended")
            self._rest += part
        line, self._rest = self._rest.split(b"\0", 1)
        return json.loads(line)

    def _note(self, event):
        params = event.get("params", {})
        if event["method"] == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        if event["method"] == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"])
        if event["method"] == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def value(self, expression):
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def wait(self, expression, patience=20):
        """Wait until an expression is true."""
        end = time.monotonic() + patience
        while not self.value(expression):
            assert time.monotonic() < end, f"still not: {expression}"
            time.sleep(0.02)

    def resize(self, width, height, scale=1, mobile=False):
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)

    def scheme(self, name):
        """Light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def box(self, selector):
        """(left, top, width, height) of an element, scrolled into view."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.value(f"{found}.scrollIntoView({{block: 'center'}})")
        return self.value(f"(b => [b.left, b.top, b.width, b.height])({found}.getBoundingClientRect())")

    def click(self, selector, u=0.5, v=0.5):
        """Press and release the mouse at a place within an element, in fractions of its size."""
        left, top, width, height = self.box(selector)
        at = {"x": left + u * width, "y": top + v * height, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **at)

    def drag(self, selector, from_, to):
        """Drag along an element, from one fraction of its width to another."""
        left, top, width, height = self.box(selector)
        y = top + height / 2
        places = [left + width * (from_ + (to - from_) * k / 5) for k in range(6)]
        held = {"y": y, "button": "left", "buttons": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=places[0], clickCount=1, **held)
        for x in places[1:]:
            self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, **held)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=places[-1], clickCount=1, y=y, button="left")

    def press(self, key, code=None, text=""):
        keys = {"key": key, "code": code or key}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **keys)
        self.call("Input.dispatchKeyEvent", type="keyUp", **keys)

    def picture(self, path, whole=False):
        """Write a picture of the window, or of the whole page, as the name's ending says: png, jpeg or webp."""
        kind = Path(path).suffix[1:]
        options = {"format": kind} if kind == "png" else {"format": kind, "quality": 88}
        data = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **options)["data"]
        Path(path).write_bytes(base64.b64decode(data))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        try:
            self.session = None
            self.call("Browser.close")
            self._process.wait(10)
        except (OSError, RuntimeError, TimeoutError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        finally:
            os.close(self._out)
            os.close(self._in)


def main():
    parser = argparse.ArgumentParser(description="Take a picture of a page.")
    parser.add_argument("page", help="an HTML file")
    parser.add_argument("out", help="the picture's file")
    parser.add_argument("--address", default="", help="what follows the # in the address")
    parser.add_argument("--size", type=int, nargs=2, default=(1240, 880), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--dark", action="store_true")
    arguments = parser.parse_args()
    url = f"{Path(arguments.page).resolve().as_uri()}#{arguments.address}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Browser("about:blank", folder) as page:
        page.resize(*arguments.size)
        page.scheme("dark" if arguments.dark else "light")
        page.open(url)
        page.value("new Promise(requestAnimationFrame)")
        page.picture(arguments.out)


if __name__ == "__main__":
    main()
