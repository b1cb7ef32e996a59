"""One running centre and one Chromium for all browser tests, and what people do in it.

Everything asynchronous lives on one event loop in a thread of its own, so that the centre outlives single tests.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bench.peers.sipp import Caller
from bench.sound import tone, write_wav
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.browser.centre import CENTRE, NUMBER, wide
from tests.conftest import skip_or_fail
from tests.planes.house import PASSWORD, House, house

T = TypeVar("T")

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_S = 20
"""For a screen to show, or a page to play, what it should. Far more than a person would bear: only a machine on which
everything else runs, too, takes as long."""
expect.set_options(timeout=PATIENCE_S * 1_000)
AGENT_HZ, CALLER_HZ = 700, 1500
SIZE = {"width": 1366, "height": 768}
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip

LEVEL = """async (hertz) => {
  const far = document.querySelector("audio[data-far]")?.srcObject;
  if (!far) return null;
  if (window.ear?.far !== far) {
    const context = new AudioContext({sampleRate: 48000});
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    context.createMediaStreamSource(far).connect(analyser);
    window.ear = {far, analyser, context};
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const {analyser, context} = window.ear;
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const width = context.sampleRate / analyser.fftSize;
  return hertz.map((one) => {
    const middle = Math.round(one / width);
    return Math.max(...bins.slice(middle - 2, middle + 3));
  });
}"""
"""Levels (dB) of some frequencies in what the page plays of the far end; null before there is anything."""


@dataclass
class Visitor:
    """Somebody in front of a screen of his own. `faults`: what the page's console complained about."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    async def sign_in(self, username: str, password: str = PASSWORD) -> None:
        await self.page.goto(self.url)
        await self.page.locator("input[autocomplete=username]").fill(username)
        await self.page.locator("input[autocomplete=current-password]").fill(password)
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator("header.bar")).to_be_visible()

    async def take_calls(self, device: str = "浏览器") -> None:
        """Sign in at a device (签入), ready."""
        await self.state("offline")
        await self.page.locator(".bar .choice label", has_text=device).click()
        await self.button("签入").click()
        await self.state("idle")

    def button(self, name: str) -> Any:
        return self.page.locator(".bar").get_by_role("button", name=name, exact=False).first

    async def state(self, wanted: str, seconds: float = PATIENCE_S) -> None:
        """Wait until the bar shows an agent state."""
        await expect(self.page.locator("header.bar")).to_have_attribute("data-state", wanted, timeout=seconds * 1000)

    async def room(self, name: str) -> None:
        await self.page.locator(f'.rail a[href="/{name}"]').click()

    async def levels(self, *hertz: float) -> list[float] | None:
        found: list[float] | None = await self.page.evaluate(LEVEL, list(hertz))
        return found

    async def hears(self, hertz: float, *, seconds: float = PATIENCE_S, above: float = -45) -> None:
        """Wait until the page plays this tone."""
        await self._listen(hertz, seconds, lambda level: level > above, "does not hear")

    async def hears_no(self, hertz: float, *, seconds: float = 10, below: float = -70) -> None:
        await self._listen(hertz, seconds, lambda level: level < below, "still hears")

    async def _listen(self, hertz: float, seconds: float, fits: Any, complaint: str) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            levels = await self.levels(hertz)
            if levels is not None and fits(levels[0]):
                return
            assert asyncio.get_running_loop().time() < deadline, f"the page {complaint} {hertz} Hz: {levels}"
            await asyncio.sleep(0.1)


class Stage:
    """The running centre, the browser, and the loop they live on."""

    def __init__(self, folder: Path, centre: str = CENTRE) -> None:
        self._folder, self._centre = folder, centre
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stage", daemon=True)
        self._stack = AsyncExitStack()
        self._callers = 0
        self.house: House
        self.browser: Browser
        self._voices: dict[int, Browser] = {}

    def run(self, scene: Coroutine[Any, Any, T], seconds: float = 90) -> T:
        return asyncio.run_coroutine_threadsafe(scene, self._loop).result(seconds)

    def open(self) -> None:
        if not CHROMIUM.exists():
            skip_or_fail("Chromium (Debian package chromium)")
        self._thread.start()
        self.run(self._open())

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _open(self) -> None:
        self.house = await self._stack.enter_async_context(house(self._folder, centre=self._centre))
        self._playwright = await self._stack.enter_async_context(async_playwright())
        self.browser = await self.speaking(AGENT_HZ)

    async def speaking(self, hertz: int) -> Browser:
        """A Chromium whose microphone hears this tone: whoever speaks apart from others needs one of his own."""
        if hertz not in self._voices:
            voice = self._folder / f"voice-{hertz}.wav"
            write_wav(voice, tone(hertz, 10))
            self._voices[hertz] = await self._playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=[*ARGUMENTS, f"--use-file-for-fake-audio-capture={voice}"]
            )
            self._stack.push_async_callback(self._voices[hertz].close)
        return self._voices[hertz]

    @asynccontextmanager
    async def visitor(
        self, language: str = "zh-CN", theme: str = "light", hertz: int = AGENT_HZ
    ) -> AsyncIterator[Visitor]:
        """A screen of 1366×768 in a browser profile of its own, far from the centre's time zone. The microphone's sound
        goes out as it is: noise suppression may take a steady tone away."""
        browser = await self.speaking(hertz)
        context: BrowserContext = await browser.new_context(
            viewport=SIZE,  # type: ignore[arg-type]
            locale=language,
            timezone_id="America/New_York",
        )
        kept = json.dumps({"language": language, "theme": theme, "noise": False, "volume": 0})
        await context.add_init_script(f"localStorage.getItem('yingda') ?? localStorage.setItem('yingda', '{kept}')")
        page = await context.new_page()
        visitor = Visitor(page, self.house.url)
        page.on("console", lambda said: visitor.faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: visitor.faults.append(str(error)))
        try:
            yield visitor
        finally:
            await page.close(run_before_unload=False)
            await context.close()

    @asynccontextmanager
    async def agent(self, number: str, hertz: int = AGENT_HZ, **looks: str) -> AsyncIterator[Visitor]:
        """An agent who takes calls in his browser, and leaves the centre as he found it."""
        async with self.visitor(hertz=hertz, **looks) as visitor:
            await visitor.sign_in(number)
            await visitor.take_calls()
            try:
                yield visitor
            finally:
                await self.leave(number)

    async def leave(self, number: str) -> None:
        """End whatever the agent is in, and sign him out."""
        person = await self.house.person(number)
        state = (await person.get("/desk"))["agent"]["state"]
        if state in ("talking", "holding"):
            await person.post("/desk/hang-up")
            await self.house.state(person, "wrapup")
        elif state in ("dialling", "internal", "assisting", "consulting", "supervising"):
            await person.post("/desk/hang-up")
        if state != "offline":
            await person.post("/desk/sign-out")
            await self.house.state(person, "offline")

    async def caller(self, number: str, stay_s: float = 60, called: str = NUMBER) -> Caller:
        self._callers += 1
        folder = self._folder / f"caller-{self._callers}"
        return await self.house.caller(folder, stay_s=stay_s, number=number, tone_hz=CALLER_HZ, called=called)


class WideStage(Stage):
    """The same in a centre where more can be done. outside_port: where the telephone of an outside party listens."""

    def __init__(self, folder: Path, outside_port: int) -> None:
        super().__init__(folder, wide(outside_port))
        self.outside_port = outside_port
