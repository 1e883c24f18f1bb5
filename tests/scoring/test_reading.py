"""Predictions of every type are read by one rule, and what is not what it seems is refused with what to write."""

import os

import numpy as np
import pytest
from PIL import Image
from prediction_files import RIGHT, SCALES, write_file, write_predictions
from tiny_training import Spots

from istdbench.errors import DataError, UsageError
from istdbench.scoring.image_counts import Counts, metric_values
from istdbench.scoring.loop import predictor_of, score_images
from istdbench.scoring.maps import find_maps, hash_of_maps, stored_maps
from istdbench.scoring.reading import BY_TYPE, Reading, read_levels
from istdbench.scoring.threshold import check_threshold

DATA = Spots()
NAMES = DATA.names("official", "test")
MASKS = {name: DATA.load(name).mask for name in NAMES}
EMPTY = {name: np.zeros(mask.shape, bool) for name, mask in MASKS.items()}


def values_of(folder, reading=BY_TYPE):
    counts = Counts(0.5)
    score_images(stored_maps(find_maps(folder, NAMES), reading), DATA, NAMES, counts)
    return metric_values(counts.by_name)


def is_perfect(values):
    return (values["IoU"], values["Pd"], values["Fa"]) == (1, 1, 0)


@pytest.mark.parametrize("kind", RIGHT)
def test_every_common_type_is_read(tmp_path, kind):
    assert is_perfect(values_of(write_predictions(tmp_path, MASKS, *RIGHT[kind])))


@pytest.mark.parametrize("kind", SCALES)
def test_another_full_scale_is_refused_until_it_is_named(tmp_path, kind):
    ending, made, scale = SCALES[kind]
    folder = write_predictions(tmp_path, MASKS, ending, made)
    with pytest.raises(DataError, match=f"--scale {scale:g}\\b"):
        values_of(folder)
    assert is_perfect(values_of(folder, Reading(scale=scale)))


@pytest.mark.parametrize(("ending", "own"), [(".png", 255), (".npy", 1)])
def test_maps_without_a_target_are_refused_unless_that_was_meant(tmp_path, ending, own):
    made = (lambda mask: mask * 1.0) if ending == ".npy" else (lambda mask: mask * np.uint8(255))
    folder = write_predictions(tmp_path, EMPTY, ending, made)
    with pytest.raises(DataError, match=f"nothing is predicted on any image; .* --scale {own}$"):
        values_of(folder)
    assert values_of(folder, Reading(scale=own))["IoU"] == 0


def test_unsure_scores_are_refused_unless_they_are_taken_as_they_are(tmp_path):
    folder = write_predictions(tmp_path, MASKS, ".npy", lambda mask: 0.4 * mask)
    with pytest.raises(
        DataError, match="no score reaches 0.5: the largest level is 0.4, .* --scale 1 to take the maps"
    ):
        values_of(folder)
    assert values_of(folder, Reading(scale=1))["Pd"] == 0


def test_one_empty_map_among_others_is_no_fault(tmp_path):
    values = values_of(write_predictions(tmp_path, MASKS | dict([next(iter(EMPTY.items()))])))
    assert 0 < values["Pd"] < 1


def one_other(tmp_path, rest, one, ending=".npy"):
    """A folder of maps of one making, the first of another."""
    folder = write_predictions(tmp_path, MASKS, ending, rest)
    write_file(folder / f"{NAMES[0]}{ending}", one(MASKS[NAMES[0]]))
    return folder


@pytest.mark.parametrize(
    ("rest", "one", "scale"),
    [
        (lambda mask: mask.astype(np.uint8), lambda mask: mask * np.uint8(255), None),
        (lambda mask: mask * np.uint8(255), lambda mask: mask.astype(np.uint8), None),
        (lambda mask: mask * np.uint16(255), lambda mask: mask * np.uint16(65535), None),
        (lambda mask: mask * 1.0, lambda mask: mask * 255.0, None),
        (lambda mask: mask * 1.0, lambda mask: mask * 255.0, 255),
        (lambda mask: mask, lambda mask: mask * np.uint8(255), 255),
    ],
)
def test_masks_of_two_full_scales_are_refused_whatever_scale_is_named(tmp_path, rest, one, scale):
    folder = one_other(tmp_path, rest, one)
    with pytest.raises(DataError, match=r"is a mask of 0 and (1|255), and .* one of 0 and (255|65535), which no one"):
        values_of(folder, Reading(scale))


def test_each_type_of_file_has_to_reach_its_own_full_scale(tmp_path):
    folder = one_other(tmp_path, lambda mask: mask.astype(np.uint8), lambda mask: 0.9 * mask)
    with pytest.raises(DataError, match=r"of files such as test\d.npy reaches 0.5: .* --scale 1, or write all"):
        values_of(folder)
    assert is_perfect(values_of(folder, Reading(scale=1)))


def test_a_type_of_file_may_be_all_empty_beside_another(tmp_path):
    folder = one_other(tmp_path, lambda mask: mask * 1.0, lambda mask: np.zeros(mask.shape, np.uint8))
    assert 0 < values_of(folder)["Pd"] < 1


def soft(mask):
    """Two levels above 0."""
    return mask * 0.6 + (np.cumsum(mask).reshape(mask.shape) % 2) * mask * 0.3


@pytest.mark.parametrize(
    ("rest", "one", "scale"),
    [
        (lambda mask: (soft(mask) * 255).astype(np.uint8), lambda mask: mask.astype(np.uint8), None),
        (lambda mask: (soft(mask) * 65535).astype(np.uint16), lambda mask: (soft(mask) * 255).astype(np.uint16), None),
        (lambda mask: soft(mask) * 255, soft, 255),
    ],
)
def test_a_map_that_looks_like_one_of_another_scale_is_warned_of(tmp_path, rest, one, scale):
    folder = one_other(tmp_path, rest, one)
    with pytest.warns(UserWarning, match=rf"1 of 3 score maps \({NAMES[0]}.npy\) have low levels alone"):
        values_of(folder, Reading(scale))


@pytest.mark.filterwarnings("error")
def test_honest_maps_are_not_warned_of(tmp_path):
    """A network that is sure of nothing on one image, and targets that are drawn with the confidence in each."""
    unsure = one_other(tmp_path / "unsure", soft, lambda mask: soft(mask) * 0.004)
    assert 0 < values_of(unsure)["Pd"] < 1
    drawn = one_other(tmp_path / "drawn", lambda mask: mask * 0.8, lambda mask: mask * 1.0)
    assert is_perfect(values_of(drawn))


@pytest.mark.parametrize(
    ("ending", "content", "said"),
    [
        (".npy", np.full((48, 48), -3.5), "not in .0, 1.; .* sigmoid of logits"),
        (".npy", np.full((48, 48), 7.0), "lie in .7, 7., not in .0, 1.; .* sigmoid of logits"),
        (".npy", np.full((48, 48), np.nan), "holds NaN"),
        (".npy", np.full((48, 48), np.inf), "not in .0, 1."),
        (".npy", np.ones((2, 48, 48)), "one gray map"),
        (".npy", np.ones((48, 48, 3)) * (1, 0, 0), "one gray map"),
        (".npy", np.ones((0, 48)), "one gray map"),
        (".npy", np.ones((48, 48), complex), "type complex128"),
        (".npy", np.array([{}]), "cannot be read"),
        (".npy", {"a": np.ones((48, 48))}, "an archive of NumPy"),
        (".png", np.full((48, 48, 3), (255, 0, 0), np.uint8), "colours, which are no scores"),
        (".png", np.full((48, 48, 4), (255, 255, 255, 9), np.uint8), "transparent"),
    ],
)
def test_what_is_no_score_map_names_the_file(tmp_path, ending, content, said):
    folder = write_predictions(tmp_path, MASKS, ending)
    write_file(folder / f"{NAMES[1]}{ending}", content)
    with pytest.raises(DataError, match=f"{NAMES[1]}{ending}: .*{said}"):
        values_of(folder)


@pytest.mark.parametrize("ending", [".npy", ".png"])
def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path, ending):
    os.mkfifo(path := tmp_path / f"image{ending}")
    with pytest.raises(DataError, match=f"image{ending}: cannot be read .*a named pipe"):
        read_levels(path)


def test_a_file_of_several_pages_is_refused(tmp_path):
    folder = write_predictions(tmp_path, MASKS, ".tif")
    page = Image.new("L", (48, 48))
    page.save(folder / f"{NAMES[0]}.tif", save_all=True, append_images=[page])
    with pytest.raises(DataError, match="2 pages"):
        values_of(folder)


def test_one_suffix_is_found_by_itself(tmp_path):
    folder = write_predictions(tmp_path, MASKS, suffix="_pred")
    assert is_perfect(values_of(folder))
    write_predictions(folder, EMPTY, suffix="_overlay")
    with pytest.raises(DataError, match="by '_overlay' and by '_pred'; leave one kind"):
        values_of(folder)
    write_predictions(folder, MASKS)  # the image's own name comes before any suffix
    assert is_perfect(values_of(folder))


def test_a_longer_number_is_another_image(tmp_path):
    """Maps of 10 and 20 are not those of 1 and 2 with a suffix."""
    folder = write_predictions(tmp_path, {"10": MASKS[NAMES[0]], "20": MASKS[NAMES[1]]})
    with pytest.raises(DataError, match="no score map for 2 of 2 images: 1, 2; each needs a file NAME with"):
        find_maps(folder, ("1", "2"))


def test_a_map_that_is_missing_is_counted_with_the_suffix(tmp_path):
    folder = write_predictions(tmp_path, MASKS, suffix="_pred")
    (folder / f"{NAMES[2]}_pred.png").unlink()
    with pytest.raises(DataError, match=rf"no score map for 1 of 3 images: {NAMES[2]}; each needs a file NAME_pred "):
        values_of(folder)


def test_two_files_of_one_image_are_refused(tmp_path):
    folder = write_predictions(tmp_path, MASKS)
    write_predictions(folder, EMPTY, ".bmp")
    with pytest.raises(DataError, match=f"{NAMES[0]}.bmp and {NAMES[0]}.png are both of {NAMES[0]}"):
        values_of(folder)


def test_names_with_folders_are_found_in_them_and_hidden_files_are_passed_over(tmp_path):
    nested = {"seq1/0001": MASKS[NAMES[0]], "seq2/0001": MASKS[NAMES[1]]}
    folder = write_predictions(tmp_path, nested, suffix="_pred")
    (folder / "seq1" / "._0001_pred.png").write_bytes(b"of another system")
    found = find_maps(folder, nested)
    assert found == {name: folder / f"{name}_pred.png" for name in nested}


def test_the_hash_is_of_the_maps_and_not_of_their_folder(tmp_path):
    one, other = (write_predictions(tmp_path / name, MASKS) for name in "ab")
    write_predictions(other, {"of no image": MASKS[NAMES[0]]})
    hashes = [hash_of_maps(find_maps(folder, NAMES)) for folder in (one, other)]
    assert hashes[0] == hashes[1]
    write_predictions(other, EMPTY)
    assert hash_of_maps(find_maps(other, NAMES)) != hashes[0]


def doubled(mask):
    return np.kron(mask, np.ones((2, 2))).astype(np.uint8) * 255


def test_maps_of_another_size_are_stretched_where_that_is_said(tmp_path):
    folder = write_predictions(tmp_path, MASKS, made=doubled)
    with pytest.raises(DataError, match=f"{NAMES[0]}: the score map is .* and the image .* --resize nearest"):
        values_of(folder)
    assert is_perfect(values_of(folder, Reading(resize="nearest")))
    assert values_of(folder, Reading(resize="bilinear"))["Pd"] == 1


@pytest.mark.parametrize("scale", [0, -1, np.nan, np.inf])
def test_a_scale_is_a_level_above_0(scale):
    with pytest.raises(UsageError, match="--scale .*: a level above 0 is needed"):
        Reading(scale=scale)


@pytest.mark.parametrize("threshold", [128, 1, -0.1, np.nan])
def test_a_threshold_that_no_score_could_tell_apart_is_refused(threshold):
    with pytest.raises(UsageError, match="at least 0 and less than 1"):
        check_threshold(threshold)


def test_a_detector_may_be_off_by_a_rounding_and_by_no_more():
    def scored(top):
        counts = Counts(0.5)
        score_images(predictor_of(lambda name, image: MASKS[name] * top), DATA, NAMES, counts)
        return metric_values(counts.by_name)

    assert is_perfect(scored(np.float32(1.0000001)))
    with pytest.raises(DataError, match="not in .0, 1."):
        scored(1.1)


def test_a_detector_that_returns_no_map_is_told_so():
    with pytest.raises(DataError, match="test0: a score map of type object; return numbers"):
        score_images(predictor_of(lambda name, image: None), DATA, NAMES, Counts(0.5))
