"""Small data sets on disk: a published one with its mirror, and a folder of images and masks."""

import hashlib

import pytest
from pictures import dot, picture, save
from published_toy import REPO, published


@pytest.fixture
def write_manifest(tmp_path):
    """Writes the manifest of what lies in the toy mirror; a test that changes the mirror may call it again."""

    def write():
        root = tmp_path / "mirror" / "github"
        files = sorted(path for path in root.rglob("*") if path.is_file())
        lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in files]
        (tmp_path / "toy.sha256").write_text("".join(lines))

    return write


@pytest.fixture
def toy(tmp_path, monkeypatch, write_manifest):
    """A published data set of six images, its mirror in tmp_path/mirror, not fetched yet."""
    root = tmp_path / "mirror" / "github" / REPO.path("")
    for i in range(6):
        save(root / f"images/a{i}.png", picture(i))
        save(root / f"masks/a{i}_gt.png", dot(3 * i, 2 * i))
    (root / "train.txt").write_text("a0\na1\na2\na3\n")
    (root / "test.txt").write_bytes(b"a4\r\na5\r\n\r\n")
    write_manifest()
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ISTDBENCH_MIRROR", str(tmp_path / "mirror"))
    return published(tmp_path)


@pytest.fixture
def mine(tmp_path):
    """A folder of four images with masks of suffix _gt, without lists."""
    for i, name in enumerate(("a", "b", "c", "d")):
        save(tmp_path / "mine/images" / f"{name}.png", picture(i))
        save(tmp_path / "mine/masks" / f"{name}_gt.png", dot(3 * i, 2 * i))
    return tmp_path / "mine"
