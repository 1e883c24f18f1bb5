"""Protocols hold what their sources say, and a hash that changes with what can change a number."""

import pytest

from istdbench.errors import UsageError
from istdbench.protocols.listing import FOLDER, protocol_names
from istdbench.protocols.protocol import Protocol, hash_of_fields, load_protocol


def test_the_paper_s_protocol_is_as_the_paper_says():
    nuaa, irstd1k = load_protocol("mim2024", "nuaa"), load_protocol("mim2024", "irstd1k")
    assert (nuaa.data.split, nuaa.data.train, nuaa.input.resize) == ("official", "trainval", 512)
    optimizer = nuaa.training.optimizer.model_dump(exclude_none=True)
    assert optimizer == {"type": "Adagrad", "lr": 0.05, "weight_decay": 4e-4}
    assert (nuaa.training.batch, nuaa.training.losses) == (32, {"dice": 1.0})
    assert (nuaa.training.epochs, irstd1k.training.epochs) == (800, 600)


def test_basicirstd_is_as_its_train_script_says():
    nuaa, irstd1k = load_protocol("basicirstd", "nuaa"), load_protocol("basicirstd", "irstd1k")
    assert (nuaa.data.split, irstd1k.data.split) == ("5050", "official")
    assert (nuaa.input.mean, nuaa.input.sd, nuaa.input.resize, nuaa.input.pad) == (101.06, 34.62, None, 32)
    assert (irstd1k.input.mean, irstd1k.input.sd) == (87.47, 39.72)
    recipe = nuaa.training
    assert (recipe.optimizer.type, recipe.optimizer.lr, recipe.epochs, recipe.batch) == ("Adam", 5e-4, 400, 16)
    assert recipe.losses == {"soft_iou": 1.0}
    assert [milestone * recipe.epochs for milestone in recipe.schedule.milestones] == [200, 300]


def test_the_reference_keeps_images_as_they_are():
    native = load_protocol("native", "nuaa")
    assert (native.input.resize, native.input.pad, native.input.mean) == (None, 32, None)
    assert (native.training.augmentation.crop, native.checkpoint, native.scoring.grid) == (256, "last", "native")


@pytest.mark.parametrize("name", protocol_names())
@pytest.mark.parametrize("dataset", ["nuaa", "irstd1k", "synth:n=4", "folder:/x"])
def test_every_protocol_applies_to_every_data_set(name, dataset):
    assert load_protocol(name, dataset).name == name


def test_a_summary_does_not_change_the_hash_and_a_threshold_does():
    one = Protocol(name="a", summary="one")
    assert one.hash == Protocol(name="b", summary="two").hash
    assert one.hash != Protocol(name="a", summary="one", scoring={"threshold": 0.4}).hash


def test_options_of_a_data_set_do_not_change_its_protocol():
    assert load_protocol("native", "synth").hash == load_protocol("native", "synth:n=3").hash


def test_a_file_of_one_s_own_inherits(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(f'_base_ = "{FOLDER / "native.py"}"\nsummary = "mine"\ntraining = dict(epochs=7)\n')
    mine = load_protocol(str(path), "nuaa")
    assert (mine.name, mine.training.epochs, mine.training.batch) == ("mine", 7, 16)


def test_an_unknown_field_names_the_file_and_the_field(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text('summary = "mine"\ntraining = dict(epocs=7)\n')
    with pytest.raises(UsageError, match=r"protocol file .*mine.py: training.epocs: no such field; did you mean"):
        load_protocol(str(path), "nuaa")


def test_an_unknown_protocol_gets_the_near_one():
    with pytest.raises(UsageError, match=r"unknown protocol 'nativ'; did you mean 'native'\?"):
        load_protocol("nativ", "nuaa")
    with pytest.raises(UsageError, match="no_such.py does not exist"):
        load_protocol("no_such.py", "nuaa")


def test_a_field_that_is_not_set_is_not_in_the_hash():
    protocol = Protocol(name="a", summary="one")
    assert protocol.hash == hash_of_fields(protocol.model_dump(mode="json", exclude_none=True))
    assert protocol.hash == hash_of_fields(protocol.model_dump(mode="json") | {"invented later": None})


def test_scoring_changes_what_can_be_compared_and_not_what_is_trained():
    one, two = (Protocol(name="a", summary="", scoring={"threshold": level}) for level in (0.5, 0.4))
    assert one.hash != two.hash
    assert one.training_hash == two.training_hash
    assert one.training_hash != Protocol(name="a", summary="", input={"resize": 64}).training_hash


def test_a_protocol_of_own_recipes_has_one_hash_and_trains_each_method_as_its_recipe_says():
    own = Protocol(name="a", summary="", recipe="own")
    trained = own.for_method("m", {"epochs": 3, "optimizer": {"type": "Adagrad", "lr": 0.05}})
    assert (trained.training.epochs, trained.training.optimizer.type) == (3, "Adagrad")
    assert trained.hash == own.hash
    assert trained.training_hash != own.training_hash
    assert own.for_method("m", {}) == own
    shared = Protocol(name="a", summary="")
    assert shared.for_method("m", {"epochs": 3}) == shared


def test_a_recipe_with_an_unknown_field_names_the_method():
    with pytest.raises(UsageError, match="recipe of method m: epocs: no such field"):
        Protocol(name="a", summary="", recipe="own").for_method("m", {"epocs": 3})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("summary = (", "SyntaxError"),
        ("summary = 1 / 0", "ZeroDivisionError"),
        ("summary = ''\ntraining = dict(losses=dict())", "training: .*losses are empty; name at least one"),
        ("summary = ''\ntraining = dict(ema=1.0)", "training.ema: Input should be less than 1"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path, text, message):
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"protocol file .*mine\.py: " + message):
        load_protocol(str(path), "nuaa")
