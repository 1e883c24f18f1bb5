"""The verbs besides `run` and `train`."""

import importlib.util
import json
from dataclasses import replace

import numpy as np
import pluggy
import pytest
from PIL import Image
from typer.core import TyperGroup

from istdbench.built_in import FAMILIES
from istdbench.cli.verbs import VERBS, build
from istdbench.ops.backends.c import library
from istdbench.plugins.manager import BrokenPlugin, Plugins
from istdbench.registry import METHODS


def verbs():
    """Every verb, and those of a verb that has some."""
    for name in VERBS:
        command = build(name)
        yield from (f"{name} {own}" for own in command.commands) if isinstance(command, TyperGroup) else [name]


@pytest.mark.parametrize("verb", list(verbs()))
def test_every_verb_has_help_with_an_example(istdbench, verb):
    assert f"Example: istdbench {verb} " in istdbench(f"{verb} --help").stdout.replace("\n", " ") + " "


def test_the_help_names_every_verb_with_its_first_sentence(istdbench):
    shown = " ".join(istdbench("--help").stdout.split())
    assert all(name in shown for name in VERBS)
    assert "score Score a folder of score maps, whatever made them." in shown


def test_a_verb_that_does_not_exist_gets_the_nearest_one(istdbench):
    assert "error: no verb 'runn'; did you mean 'run'? There are: run, train," in istdbench("runn", code=2).stderr


def masks_as_maps(spots, folder, ending):
    folder.mkdir()
    for path in (spots / "masks").iterdir():
        mask = np.asarray(Image.open(path))
        if ending == "npy":
            np.save(folder / f"{path.stem}.npy", mask / 255)
        else:
            Image.fromarray(mask).save(folder / path.name)


@pytest.mark.parametrize("ending", ["npy", "png"])
def test_a_folder_of_perfect_maps_scores_perfectly(istdbench, spots, tmp_path, ending):
    masks_as_maps(spots, tmp_path / "maps", ending)
    values = json.loads(istdbench(f"score maps --dataset folder:{spots} --json").stdout)
    assert (values["IoU"], values["nIoU"], values["Pd"], values["Fa"]) == (1, 1, 1, 0)
    assert "IoU" in istdbench(f"score maps --dataset folder:{spots}").stdout


def test_a_missing_map_is_named(istdbench, spots, tmp_path):
    masks_as_maps(spots, tmp_path / "maps", "png")
    (tmp_path / "maps" / "b.png").unlink()
    assert "no score map for 1 of 3 images: b" in istdbench(f"score maps --dataset folder:{spots}", code=1).stderr
    assert "no such folder" in istdbench(f"score elsewhere --dataset folder:{spots}", code=1).stderr


def test_a_map_of_another_size_names_its_image(istdbench, spots, tmp_path):
    masks_as_maps(spots, tmp_path / "maps", "png")
    Image.new("L", (10, 10)).save(tmp_path / "maps" / "c.png")
    error = istdbench(f"score maps --dataset folder:{spots}", code=1).stderr
    assert ", c: " in error and "10 x 10" in error


@pytest.mark.parametrize(
    ("content", "message"), [(b"not an image", "cannot be read"), (None, "one gray map"), ("logits", "not in [0, 1]")]
)
def test_a_map_that_is_no_score_map_names_the_file(istdbench, spots, tmp_path, content, message):
    masks_as_maps(spots, tmp_path / "maps", "npy")
    path = tmp_path / "maps" / "b.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, np.full((40, 48), 7.0) if content else np.zeros((2, 40, 48)))
    error = istdbench(f"score maps --dataset folder:{spots}", code=1).stderr
    assert message in error and ("b.npy" in error or ", b:" in error)


def test_a_16_bit_map_is_divided_by_65535(tmp_path):
    from istdbench.scoring.reading import BY_TYPE, read_levels

    Image.fromarray(np.array([[0, 65535, 32768]], np.uint16)).save(tmp_path / "x.png")
    assert BY_TYPE.scores(read_levels(tmp_path / "x.png")).tolist() == [[0, 1, 32768 / 65535]]


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("methods", "mim_istd"),
        ("datasets", "irstd1k"),
        ("protocols", "mim2024"),
        ("metrics", "nIoU"),
        ("probes", "latency"),
        ("reporters", "markdown"),
    ],
)
def test_list_names_what_there_is_and_its_origin(istdbench, what, name):
    rows = {row["name"]: row for row in json.loads(istdbench(f"list {what} --json").stdout)}
    assert rows[name]["origin"] == "built-in" and rows[name]["summary"]
    assert name in istdbench(f"list {what}").stdout


def test_list_groups_methods_by_family_and_says_which_block_of_its_paper_each_has(istdbench):
    rows = {row["name"]: row for row in json.loads(istdbench("list methods --json").stdout)}
    assert [rows[name]["family"] for name in ("vim", "acm", "tophat")] == ["mamba", "convolutional", "classical"]
    families = istdbench("list methods").stdout.split("\n\n")[: len(FAMILIES)]  # packages of others follow
    assert [text.partition("\n")[0] for text in families] == list(FAMILIES)
    assert all(
        [line.split()[0] for line in text.splitlines()[1:]] == list(FAMILIES[text.partition("\n")[0]])
        for text in families
    )
    assert "Vim's v2" in rows["vim"]["summary"]
    assert "VMamba's block of January 2024 (gated, no FFN)" in rows["baseline"]["summary"]


def test_list_puts_the_methods_of_a_package_under_its_name(istdbench, monkeypatch):
    mine = replace(METHODS.get("tophat"), name="mine", summary="a filter of mine")
    monkeypatch.setitem(METHODS._found, "mine", ("my-package 1.0 (mine)", mine))
    *_, last = istdbench("list methods").stdout.split("\n\n")
    assert [line.strip() for line in last.splitlines()] == ["my-package 1.0 (mine)", f"mine{' ' * 15}a filter of mine"]


def test_list_says_of_a_method_that_it_was_made_from_a_description_before_anything_else(istdbench):
    summary = METHODS.get("tci_former").summary
    lines = [line.split(maxsplit=1) for line in istdbench("list methods").stdout.splitlines()]
    assert ["tci_former", f"from the description: {summary}"] in lines
    rows = {row["name"]: row for row in json.loads(istdbench("list methods --json").stdout)}
    assert "no code is public: Chen et al., TCI-Former" in rows["tci_former"]["from_description"]
    assert rows["acm"]["from_description"] is None


def test_list_shows_the_recipe_of_a_method(istdbench):
    rows = {row["name"]: row for row in json.loads(istdbench("list methods --json").stdout)}
    assert rows["mdvsfa"]["recipe"]["optimizer"] == {"type": "Adam", "lr": 1e-4, "betas": [0.5, 0.999]}
    assert rows["tophat"]["recipe"] == {}


def test_doctor_says_which_scan_serves_and_why_others_cannot(istdbench, monkeypatch, tmp_path):
    monkeypatch.setenv("ISTDBENCH_SCAN", "torch")
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path))
    facts = json.loads(istdbench("doctor --json").stdout)
    rows = {row["backend"]: row for row in facts["scan backends"]}
    assert [name for name, row in rows.items() if "cpu" in row["serves"]] == ["torch"]
    assert all(row["notes"] for row in rows.values() if row["runs here"] == "no")
    assert facts["machine"]["home"] == str(tmp_path) and facts["machine"]["torch"].startswith("2.")
    assert str(tmp_path) in istdbench("doctor").stdout


def test_doctor_names_the_fix_where_no_compiler_was_found(istdbench, monkeypatch):
    monkeypatch.delenv("ISTDBENCH_SCAN", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    library.load.cache_clear()
    try:
        rows = {row["backend"]: row for row in json.loads(istdbench("doctor --json").stdout)["scan backends"]}
    finally:
        library.load.cache_clear()
    assert "install a C compiler" in rows["c"]["notes"] and rows["torch"]["serves"].startswith("cpu")


def test_list_shows_a_broken_plugin_with_its_traceback(istdbench, monkeypatch):
    broken = [BrokenPlugin("bad-package 1.0 (bad)", "Traceback: it broke")]
    found = Plugins(manager=pluggy.PluginManager("istdbench"), broken=broken)
    monkeypatch.setattr("istdbench.registry.plugins", lambda: found)
    result = istdbench("list methods")
    assert "bad-package 1.0 (bad) is broken" in result.stderr and "it broke" in result.stderr


def test_the_leaderboard_is_rebuilt_from_records_to_the_same_bytes(istdbench, spots, tmp_path):
    istdbench(f"run --methods tophat --dataset folder:{spots} --probes none")
    [board] = (tmp_path / "leaderboards").glob("*.md")
    before = board.read_bytes()
    board.unlink()
    istdbench("leaderboard")
    assert board.read_bytes() == before


def test_data_check_of_a_folder_tells_and_fails_on_a_fault(istdbench, spots):
    assert json.loads(istdbench(f"data check folder:{spots} --json").stdout)["targets"] == 3
    assert "targets" in istdbench(f"data check folder:{spots}").stdout
    (spots / "masks" / "c.png").write_bytes(b"")
    assert "c" in istdbench(f"data check folder:{spots}", code=1).stderr


def test_data_path_is_a_folder_or_wrong_usage(istdbench, tmp_path):
    assert istdbench("data path nuaa").stdout.strip() == str(tmp_path / "home" / "data" / "nuaa")
    assert "generated" in istdbench("data path synth", code=2).stderr
    assert "nothing to fetch" in istdbench("data fetch synth", code=2).stderr


def test_probe_measures_a_classical_method_and_a_sweep_draws_it(istdbench, tmp_path):
    [row] = json.loads(istdbench("probe --methods tophat --size 64 --probes latency --json").stdout)
    assert row["median_ms"] > 0
    istdbench("probe --methods tophat --sweep 32,64 --plot sweep.svg")
    assert (tmp_path / "sweep.svg").read_text().startswith("<?xml")
    assert "--sweep" in istdbench("probe --methods tophat --plot x.png", code=2).stderr


def test_what_a_probe_measures_is_kept_and_gives_a_page(istdbench, tmp_path):
    istdbench("probe --methods tophat --size 64 --probes latency --out boards")
    page = (tmp_path / "boards" / "efficiency.md").read_text()
    assert "| tophat " in page and "## 64 × 64, cpu" in page
    assert [path.name for path in (tmp_path / "boards" / "efficiency").iterdir()] == ["tophat-64x64-cpu.json"]
    assert "--sweep" in istdbench("probe --methods tophat --sweep 32 --out boards", code=2).stderr
