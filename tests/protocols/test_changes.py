"""What is set behind a protocol's name, or by `--set`."""

import pytest
from tiny_training import TINY, Spots

from istdbench.errors import UsageError
from istdbench.jobs.job import Job, make_job
from istdbench.jobs.weights import WeightsFile, find_weights, trained_path, zoo_path
from istdbench.protocols.changes import training_slug, with_changes
from istdbench.protocols.listing import FOLDER
from istdbench.protocols.protocol import Protocol, hash_of_fields, load_protocol
from istdbench.results.record_parts import ProtocolInfo
from istdbench.spec import parse_spec

NATIVE = load_protocol("native", "synth")


def set_in_native(text: str) -> Protocol:
    return load_protocol(f"native:{text}", "synth")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("training.epochs=5", "native:training.epochs=5"),
        ("training.optimizer.lr=1e-3,input.resize=256", "native:input.resize=256,training.optimizer.lr=0.001"),
        ("training.losses.dice=2.0", "native:training.losses.dice=2"),
        ("training.losses.soft_iou=1,training.losses.bce=none", None),
        ("data.validate_on=none", "native:data.validate_on=none"),
        ("training.augmentation.zoom=(0.7, 1.4)", "native:training.augmentation.zoom=0.7:1.4"),
        ("training.augmentation.flips=False", "native:training.augmentation.flips=false"),
        ("training.warm_up.epochs=2", "refused: training.warm_up.losses: Field required"),
        ("training.epochs=6,training.epochs=5", "native:training.epochs=5"),
    ],
)
def test_the_name_says_what_is_set_and_loads_it_again(text, name):
    if name and name.startswith("refused: "):
        with pytest.raises(UsageError, match=name.removeprefix("refused: ")):
            set_in_native(text)
        return
    protocol = set_in_native(text)
    assert protocol.name == name or name is None
    assert load_protocol(protocol.name, "synth") == protocol
    assert protocol.hash != NATIVE.hash and hash_of_fields(protocol.model_dump(mode="json")) == protocol.hash
    recorded = ProtocolInfo(name=protocol.name, hash=protocol.hash, config=protocol.model_dump(mode="json"))
    assert not set(recorded.spec.slug) & set(':,/\\[]() "')


def test_the_fields_have_the_values():
    protocol = set_in_native(
        "training.epochs=5,training.optimizer.lr=1e-3,input.resize=256,training.losses.soft_iou=0.5,"
        "training.losses.bce=none,training.augmentation.zoom=0.7,1.4,data.validate_on=none"
    )
    training = protocol.training
    assert (training.epochs, training.optimizer.lr, protocol.input.resize) == (5, 0.001, 256)
    assert training.losses == {"dice": 1.0, "soft_iou": 0.5}
    assert (training.augmentation.zoom, protocol.data.validate_on) == ((0.7, 1.4), None)


def test_what_is_set_to_what_it_is_already_is_not_in_the_name():
    assert set_in_native("training.epochs=400.0,input.resize=none,training.losses.soft_iou=none") == NATIVE
    assert load_protocol("cpu512:training.epochs=64", "irstd1k").name == "cpu512"
    assert load_protocol("cpu512:training.epochs=64", "nuaa").name == "cpu512:training.epochs=64"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training.epoch=5", r"no field 'training.epoch'; did you mean 'epochs'\? training has epochs, batch, losses"),
        ("name=x", "no field 'name'; a protocol has data, input, scoring"),
        ("training.losses.iou=1", "no field 'training.losses.iou'; .*training.losses has soft_iou, soft_niou"),
        ("training.losses.iou=none", "no field 'training.losses.iou'"),
        ("training.epochs.first=1", "no field 'training.epochs.first'; training.epochs is no section"),
        ("training.optimizer=Adam", "training.optimizer is a section; set what is in it: type, lr,"),
        ("training.epochs=five", "training.epochs: Input should be a valid integer"),
        ("training.epochs=none", "training.epochs: Input should be a valid integer"),
        ("training.optimizer.lr=-1", "training.optimizer.lr: Input should be greater than 0"),
        ("training.optimizer.lr=nan", "training.optimizer.lr: Input should be a finite number"),
        ("training.batch=0", "training.batch: Input should be greater than or equal to 1"),
        (
            "training.optimizer.type=Lion",
            "training.optimizer.type: Input should be 'Adagrad', 'Adam', 'AdamW' or 'SGD'",
        ),
        ("training.augmentation.zoom=2:1", "zoom: .* from its lower end to its upper one"),
        ("training.epochs", "'training.epochs' sets nothing in a protocol; write FIELD=VALUE"),
        ("=5", "'=5' sets nothing"),
    ],
)
def test_what_cannot_be_set_is_one_line_that_says_what_can(text, message):
    with pytest.raises(UsageError, match=message) as found:
        set_in_native(text)
    assert "\n" not in str(found.value)


def test_a_file_of_one_s_own_is_named_by_its_stem_and_typed_with_its_path(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(f'_base_ = "{FOLDER / "native.py"}"\nsummary = "mine"\n')
    mine = load_protocol(with_changes(f"{path}:training.epochs=7", {"input.resize": 64}), "nuaa")
    assert (mine.name, mine.training.epochs) == ("mine:input.resize=64,training.epochs=7", 7)
    assert mine.typed == f"{path}:input.resize=64,training.epochs=7"
    assert load_protocol(mine.typed, "nuaa") == mine


def test_where_each_method_has_its_own_recipe_what_is_set_holds_for_all():
    published = load_protocol("published", "nuaa")
    shorter = load_protocol("published:training.epochs=5", "nuaa")
    trained = shorter.for_method("m", {"epochs": 300, "batch": 3})
    assert (trained.training.epochs, trained.training.batch) == (5, 3)
    assert trained.hash == shorter.hash != published.hash
    assert load_protocol("published:training.epochs=800", "nuaa").hash != published.hash  # 800 is not every method's


def test_weights_are_looked_for_by_what_they_were_trained_with_alone():
    mim, nuaa = parse_spec("mim_istd"), parse_spec("nuaa")
    plain = make_job(mim, nuaa, "cpu512")
    scored = make_job(mim, nuaa, None, changes={"scoring.threshold": 0.4, "data.validate_on": "test"})
    assert scored.protocol.name == "cpu512:data.validate_on=test,scoring.threshold=0.4"
    assert find_weights(scored) == WeightsFile(zoo_path(plain), "zoo")
    assert trained_path(scored) == trained_path(plain)
    trained = make_job(mim, nuaa, None, changes={"training.epochs": 5, "scoring.threshold": 0.4})
    assert trained_path(trained).parent.name == "cpu512-training.epochs=5"
    assert not zoo_path(trained).exists()


def test_a_part_that_is_not_there_is_said_with_how_to_choose_another():
    job = Job(TINY, parse_spec("tiny"), TINY.resolve({}), Spots(), set_in_native("data.train=trainval"))
    with pytest.raises(
        UsageError, match="no part 'trainval'; it has train, val, test; choose with --set data.train=PART"
    ):
        _ = job.train_names


@pytest.mark.parametrize(
    "text",
    [
        *("data.split=5050", "data.train=trainval", "data.validate_on=test", "data.test=val", "input.pad=16"),
        *("scoring.threshold=0.4", "training.validate_every=1", "scoring.second_grid=512"),
    ],
)
def test_the_folder_of_a_training_changes_with_what_weights_depend_on(text):
    protocol = set_in_native(text)
    assert (training_slug(protocol.name) == "native") == (protocol.training_hash == NATIVE.training_hash)
