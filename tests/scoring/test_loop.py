"""The one loop: each image is read and predicted once, whatever looks at its map, and an error names it."""

import threading

import numpy as np
import pytest
from tiny_training import Spots

from istdbench.errors import DataError
from istdbench.scoring.best_threshold import BestThreshold
from istdbench.scoring.collectors import CurveCollector, FindingCollector
from istdbench.scoring.image_counts import Counts
from istdbench.scoring.loop import predictor_of, score_images
from istdbench.scoring.maps import AS_WRITTEN, MapWriter, find_maps, stored_maps

NAMES = Spots().names("official", "test")


class Watched(Spots):
    """Tells which images were read."""

    def __init__(self):
        super().__init__()
        self.read = []

    def load(self, name):
        self.read.append(name)
        return super().load(name)


def test_each_image_is_read_and_predicted_once_for_all_collectors(tmp_path):
    data, predicted = Watched(), []

    def brightness(name, image):
        predicted.append(name)
        return image / 255

    collectors = [
        Counts(0.5),
        Counts(0.5, 48),
        BestThreshold(),
        CurveCollector(),
        FindingCollector(),
        MapWriter(tmp_path),
    ]
    score_images(predictor_of(brightness), data, NAMES, *collectors)
    assert data.read == predicted == list(NAMES)
    assert list(collectors[0].by_name) == list(collectors[1].by_name) == list(NAMES)


def test_the_next_image_is_read_while_one_is_predicted_and_no_other():
    second_is_read = threading.Event()

    class Told(Watched):
        def load(self, name):
            sample = super().load(name)
            if len(self.read) == 2:
                second_is_read.set()
            return sample

    data, read_meanwhile = Told(), []

    def wait_for_the_second(name, image):
        assert second_is_read.wait(60), "nothing is read while an image is predicted"
        read_meanwhile.append(len(data.read))
        return image / 255

    score_images(predictor_of(wait_for_the_second), data, NAMES)
    assert len(NAMES) > 2 and read_meanwhile[0] == 2
    assert all(count <= place + 2 for place, count in enumerate(read_meanwhile))


@pytest.mark.parametrize("broken", NAMES)
def test_an_image_that_cannot_be_read_fails_in_its_turn(broken):
    """Those before it are counted, and no thread is left."""

    class Broken(Spots):
        def load(self, name):
            if name == broken:
                raise DataError(f"{name} is damaged")
            return super().load(name)

    counts, before = Counts(0.5), threading.active_count()
    with pytest.raises(DataError, match=f"{broken} is damaged"):
        score_images(predictor_of(lambda name, image: image / 255), Broken(), NAMES, counts)
    assert list(counts.by_name) == list(NAMES[: NAMES.index(broken)])
    assert threading.active_count() == before


def test_ctrl_c_in_a_prediction_ends_the_reading():
    def stopped(name, image):
        raise KeyboardInterrupt

    data, before = Watched(), threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        score_images(predictor_of(stopped), data, NAMES)
    assert len(data.read) <= 2 and threading.active_count() == before


def test_maps_that_were_written_count_the_same_when_they_are_read(tmp_path):
    made, read = Counts(0.5), Counts(0.5)
    score_images(predictor_of(lambda name, image: image / 255), Spots(), NAMES, made, MapWriter(tmp_path))
    score_images(stored_maps(find_maps(tmp_path, NAMES), AS_WRITTEN), Spots(), NAMES, read)
    assert read.by_name == made.by_name


def test_a_map_that_does_not_fit_names_its_image():
    with pytest.raises(DataError, match="spots, test1: the score map is 3 x 3 and the mask"):
        maps = predictor_of(lambda name, image: np.zeros((3, 3)) if name == "test1" else image / 255)
        score_images(maps, Spots(), NAMES, Counts(0.5))
