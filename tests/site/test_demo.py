"""The network that runs in the reader's browser: what comes with the page, and that its script sees as Python does."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import cv2
import numpy as np
import pytest
from chromium import CHROMIUM, FLAGS, needs_chromium
from parsed_page import Page
from tiny_training import register_tiny, tiny_job

import istdbench
from istdbench.detection.detections import find_detections
from istdbench.errors import DataError, UsageError
from istdbench.jobs.weights import trained_path
from istdbench.registry import METRICS, build_dataset
from istdbench.site import charts, demo_runtime
from istdbench.site import demo as demo_module
from istdbench.site.building import build
from istdbench.site.demo import SAMPLE, demo
from istdbench.site.source import Source
from istdbench.spec import parse_spec
from istdbench.training.train import train

STUB = b"""
export const env = { wasm: {} };
export class Tensor { constructor(type, data) { this.data = data; } }
const run = async ({ image }) => ({ score: { data: image.data.map((level) => level / 255) } });
export const InferenceSession = { create: async () => ({ run }) };
"""
"""Stands for onnxruntime-web: its score is the gray level."""


@pytest.fixture(scope="module")
def tiny_site(tmp_path_factory) -> Iterator[Path]:
    """A site with the tiny method, run by the stub."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        register_tiny(patch)
        patch.setattr(demo_module, "runtime", lambda: {"script": STUB, "binary": b""})
        patch.setattr(charts, "_library", lambda: b"")
        train(tiny_job(), restart=True)
        section = demo(parse_spec("tiny"), str(trained_path(tiny_job())))
        build(Source(folder, METRICS.all()), [section], folder / "site")
        yield folder / "site" / "demo"


def given(folder: Path) -> dict:
    """What the script of the network brings."""
    text = (folder / "network.js").read_text()
    return json.loads(text.removeprefix("window.network = ").removesuffix(";\n"))


def test_the_page_comes_with_the_network_and_with_what_pytorch_makes_of_the_sample(tiny_site):
    network = given(tiny_site)
    assert b"istdbench" in gzip.decompress(base64.b64decode(network["file"]))
    detector = istdbench.load("tiny", str(trained_path(tiny_job())))
    image = build_dataset(parse_spec(SAMPLE[0])).load(SAMPLE[1]).image
    score = np.frombuffer(gzip.decompress(base64.b64decode(network["sample"]["scores"])), "<f4").reshape(image.shape)
    assert (score == detector(image)).all()
    _, _, png = network["sample"]["image"].partition("base64,")
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(png), np.uint8), cv2.IMREAD_UNCHANGED)
    assert (shown == image).all()
    page = Page((tiny_site / "index.html").read_text()).root.text
    assert "trained on 6 images of spots" in page and "sent anywhere" in page
    assert (tiny_site / "runtime.js").read_bytes().startswith(b"/*!\nonnxruntime-web") and "MIT" in demo_runtime.LICENCE


def test_what_is_not_ours_to_publish_and_classical_methods_are_refused(tmp_path):
    source = Source(tmp_path, METRICS.all())
    with pytest.raises(UsageError, match="theirs to publish"):
        build(source, [demo(parse_spec("eamnet"), "released:nuaa")], tmp_path / "site")
    with pytest.raises(UsageError, match="classical"):
        build(source, [demo(parse_spec("tophat"), "nuaa")], tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_the_runtime_is_the_pinned_file_or_none(home, monkeypatch):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as made:
        for name, member in demo_runtime.MEMBERS.items():
            about = tarfile.TarInfo(f"package/dist/{member}")
            about.size = len(name)
            made.addfile(about, io.BytesIO(name.encode()))
    there = home / "npm" / demo_runtime.FILE
    there.parent.mkdir()
    there.write_bytes(archive.getvalue())
    monkeypatch.setattr(demo_runtime, "URL", "http://127.0.0.1:9/nothing.tgz")
    with pytest.raises(DataError, match=r"did not come .*npm pack onnxruntime-web@"):
        demo_runtime.runtime()  # what is there is another file, and nobody answers
    monkeypatch.setattr(demo_runtime, "SHA512", hashlib.sha512(archive.getvalue()).hexdigest())
    assert demo_runtime.runtime() == {"script": b"script", "binary": b"binary"}


def read_by(reader: str, page: Path) -> dict:
    """What a reader's script, which ends with `tell(…)`, has to tell of a page: Chromium's clock leaves out workers."""
    told: Queue[bytes] = Queue()

    class Handler(SimpleHTTPRequestHandler):
        def do_POST(self) -> None:
            told.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    end = f"""<script>
      const tell = (said) => fetch("told", {{ method: "POST", body: JSON.stringify(said) }});
      (async () => {{ {reader} }})().catch((error) => tell({{ error: String(error) }}));
    </script></body>"""
    page.with_name("as_read.html").write_text(page.read_text().replace("</body>", end))
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=page.parents[1])) as server,
        tempfile.TemporaryDirectory() as profile,
    ):
        Thread(target=server.serve_forever, daemon=True).start()
        flags = [flag for flag in FLAGS if "virtual-time" not in flag]
        address = f"http://127.0.0.1:{server.server_port}/{page.parent.name}/as_read.html"
        command = [str(CHROMIUM), *flags, f"--user-data-dir={profile}", "--remote-debugging-port=0", address]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return json.loads(told.get(timeout=120))
        finally:
            browser.kill()
            browser.wait()
            server.shutdown()


LOOK = """
  part("sample").click();
  const done = () => /found|not work/.test(part("status").textContent);
  while (!done()) await new Promise((later) => setTimeout(later, 50));
  const rows = [...document.querySelectorAll("#found tbody tr")];
  tell({
    status: part("status").textContent,
    rows: rows.map((row) => [...row.children].map((cell) => Number(cell.textContent))),
    rings: document.querySelectorAll("circle.hit").length,
  });
"""


@needs_chromium
def test_what_the_page_finds_is_what_find_detections_finds(tiny_site):
    told = read_by(LOOK, tiny_site / "index.html")
    image = build_dataset(parse_spec(SAMPLE[0])).load(SAMPLE[1]).image
    expected = find_detections(image / np.float32(255), given(tiny_site)["about"]["threshold"])
    assert len(expected) > 3 and told["status"].startswith(f"{len(expected)} targets found")
    assert "largest difference of a score from PyTorch's" in told["status"] and told["rings"] == len(expected)
    rows = [[each.x, each.y, each.area, each.score] for each in expected[:20]]
    assert np.allclose(told["rows"], rows, rtol=0, atol=[0.0501, 0.0501, 0, 0.00501])


STRETCH = """
  await script("network.js");
  const { levels, width, height } = await grayOf(await (await fetch(network.sample.image)).blob());
  const part = { levels: levels.slice(0, 30 * width), width, height: 30 };
  tell([[48, 48], [300, 17]].map(([toWidth, toHeight]) => [...stretched(part, toWidth, toHeight).levels]));
"""


@needs_chromium
def test_the_page_stretches_as_opencv_does(tiny_site):
    told = read_by(STRETCH, tiny_site / "index.html")
    image = build_dataset(parse_spec(SAMPLE[0])).load(SAMPLE[1]).image[:30]
    for levels, size in zip(told, ((48, 48), (300, 17)), strict=True):
        expected = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        assert np.abs(np.reshape(levels, size[::-1]) - expected).max() < 1e-3


@pytest.mark.whole
@needs_chromium
def test_a_browser_gives_the_scores_of_pytorch(tmp_path):
    """By the real runtime, which is fetched; the tests above hold all but its arithmetic."""
    section = demo(parse_spec("conv_inner"), "synth")
    try:
        build(Source(tmp_path, METRICS.all()), [section], tmp_path / "site")
    except DataError as error:
        pytest.skip(str(error))
    told = read_by(LOOK, tmp_path / "site" / "demo" / "index.html")["status"]
    difference = float(told.partition("PyTorch's is ")[2].partition(",")[0])
    assert difference < 1e-4 and "the targets are the same" in told
