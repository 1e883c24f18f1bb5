"""The library's front door gives what the command line gives."""

import numpy as np
import pytest

import istdbench


def test_a_perfect_detector_is_perfect_and_a_blind_one_detects_nothing():
    data = istdbench.DATASETS.get("synth").build(istdbench.api.parse_spec("synth:n=4"))
    perfect = istdbench.evaluate(lambda name, image: data.load(name).mask.astype(float), "synth:n=4")
    blind = istdbench.evaluate(lambda name, image: np.zeros(image.shape), "synth:n=4")
    assert (perfect["IoU"], perfect["nIoU"], perfect["Pd"], perfect["Fa"]) == (1, 1, 1, 0)
    assert (blind["IoU"], blind["Pd"], blind["Fa"]) == (0, 0, 0)


def test_a_run_s_maps_score_the_same_from_their_folder(tmp_path):
    [outcome] = istdbench.run("tophat", "synth:n=3", out=tmp_path / "out", maps=tmp_path / "maps")
    [folder] = (tmp_path / "maps").glob("*/*")
    assert istdbench.score(folder, "synth:n=3") == pytest.approx(outcome.record.metrics.values)
    assert (tmp_path / "out" / "synth-n=3.md").is_file()
