"""The library's front door gives what the command line gives."""

import numpy as np
import pytest

import istdbench
from istdbench.errors import UsageError
from istdbench.spec import parse_spec


@pytest.fixture
def synth():
    return istdbench.DATASETS.get("synth").build(parse_spec("synth:n=3"))


def test_a_perfect_detector_is_perfect_and_a_blind_one_detects_nothing(synth):
    perfect = istdbench.evaluate(lambda name, image: synth.load(name).mask.astype(float), "synth:n=3")
    with pytest.warns(UserWarning, match="no score is greater than 0.5 on any of 3 images"):
        blind = istdbench.evaluate(lambda name, image: np.zeros(image.shape), "synth:n=3")
    assert (perfect["IoU"], perfect["nIoU"], perfect["Pd"], perfect["Fa"]) == (1, 1, 1, 0)
    assert (blind["IoU"], blind["Pd"], blind["Fa"]) == (0, 0, 0)


def test_a_run_s_maps_score_the_same_from_their_folder(tmp_path):
    [outcome] = istdbench.run("tophat", "synth:n=3", out=tmp_path / "out", maps=tmp_path / "maps")
    [folder] = (tmp_path / "maps").glob("*/*")
    assert istdbench.score(folder, "synth:n=3") == pytest.approx(outcome.record.metrics.values)
    assert (tmp_path / "out" / "synth-n=3.md").is_file()


def test_names_may_be_a_list_or_a_text_and_options_keep_their_commas(tmp_path):
    listed = istdbench.run(["tophat", "tophat:size=7"], ["synth:n=1,size=64"], out=str(tmp_path / "a"))
    typed = istdbench.run("tophat,tophat:size=7", "synth:n=1,size=64", out=tmp_path / "b")
    names = [(outcome.record.method.name, outcome.record.dataset.name) for outcome in listed]
    assert names == [("tophat", "synth:n=1,size=64"), ("tophat:size=7", "synth:n=1,size=64")]
    assert names == [(outcome.record.method.name, outcome.record.dataset.name) for outcome in typed]


def test_predict_gives_the_maps_of_a_part_and_load_those_of_any_image(synth):
    maps = dict(istdbench.predict("tophat", "synth:n=3"))
    detect = istdbench.load("tophat")
    assert list(maps) == list(synth.names("official", "test"))
    for name, score in maps.items():
        np.testing.assert_array_equal(detect(synth.load(name).image), score)


def test_a_threshold_moves_the_metrics(synth):
    found = [istdbench.evaluate(lambda name, image: image / 255, "synth:n=3", threshold=level) for level in (0.2, 0.6)]
    assert found[0]["Fa"] > found[1]["Fa"]


def test_a_loaded_method_takes_any_gray_image_and_refuses_what_is_none():
    detect = istdbench.load("mim_istd", "synth")
    image = np.random.default_rng(0).integers(0, 255, (40, 50))
    np.testing.assert_array_equal(detect(image.astype(np.uint8)), detect(image.astype(np.float32)))
    for wrong in (np.zeros((40, 50, 3)), np.full((40, 50), np.nan), np.zeros((0, 4))):
        with pytest.raises(istdbench.errors.DataError, match="an image is gray"):
            detect(wrong)


def test_a_file_is_a_weights_file_whatever_its_ending(tmp_path):
    pickle = tmp_path / "weights.pth"
    pickle.write_bytes(b"PK and more")
    for named in (pickle, str(pickle)):
        with pytest.raises(istdbench.errors.WeightsError, match="this is a pickle"):
            istdbench.load("mim_istd", named)
    with pytest.raises(istdbench.errors.UsageError, match="no device 'gpu'"):
        istdbench.load("mim_istd", "synth", device="gpu")
    with pytest.raises(istdbench.errors.UsageError, match="goes with one method"):
        istdbench.run(["mim_istd", "baseline"], ["synth"], weights=pickle, out=tmp_path)


def test_fields_of_the_protocol_are_set_by_their_names(tmp_path):
    changes = {"scoring.threshold": 0.25, "data.test": "val", "training.augmentation.zoom": (0.5, 2.0)}
    [outcome] = istdbench.run("tophat", "synth:n=4,size=64", changes=changes, protocol="smoke", out=tmp_path)
    name = "smoke:data.test=val,scoring.threshold=0.25,training.augmentation.zoom=0.5:2"
    assert outcome.record.protocol.name == outcome.job.protocol.name == name
    assert (outcome.record.dataset.part, outcome.job.protocol.scoring.threshold) == ("val", 0.25)
    with pytest.raises(UsageError, match="no field 'training.epoch'"):
        istdbench.run("tophat", "synth:n=4,size=64", changes={"training.epoch": 5})
