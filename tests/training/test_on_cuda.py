"""What a training on a GPU must keep: `pytest tests/training/test_on_cuda.py --device cuda`."""

import pytest
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from tiny_training import TINY, tiny_job

from istdbench.jobs.job import make_job
from istdbench.scoring.inputs import input_transform
from istdbench.spec import parse_spec
from istdbench.training import checkpoint
from istdbench.training import step as step_module
from istdbench.training.batch_source import batch_source
from istdbench.training.batches import epoch_loader
from istdbench.training.cuda_graph import CudaGraphs
from istdbench.training.recording import WARM_UP
from istdbench.training.step import Step
from istdbench.training.train import train

EPOCHS = 17
"""Of three steps each: 51 of them."""


@pytest.fixture(autouse=True)
def on_cuda(request):
    if request.config.getoption("--device") != "cuda":
        pytest.skip("needs a GPU: pytest --device cuda")


class Counting(CudaGraphs):
    """CUDA graphs, counted."""

    def __init__(self):
        super().__init__()
        self.recorded = 0

    def record(self, work):
        replay = super().record(work)
        self.recorded += 1
        return replay


def samples_of(job):
    transform = input_transform(job.protocol.input, job.dataset, job.train_names)
    return [transform.sample(job.dataset.load(name)) for name in job.train_names]


def losses_of(job, recorder):
    """The loss of each step of a training on the GPU without its bookkeeping."""
    accelerator = Accelerator()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step_module, "find_recorder", lambda job, accelerator: recorder)
        set_seed(job.seed)
        step = Step(job, accelerator)
    source, losses = batch_source(samples_of(job), job.protocol.training, job.seed, accelerator), []
    for epoch in range(job.protocol.training.epochs):
        step.prepared.train()
        for batch in source(epoch):
            losses.append(step(*batch, len(losses), epoch, 3 * job.protocol.training.epochs))
    return torch.stack(losses)[:, 0].cpu()


RECIPES = {
    "AdamW": {"ema": 0.9, "clip_norm": 0.5},
    "Adam": {"optimizer": {"type": "Adam", "lr": 0.02, "betas": (0.5, 0.999)}},
    "SGD": {"optimizer": {"type": "SGD", "lr": 0.05, "momentum": 0.9}, "schedule": {"type": "poly"}},
    "Adagrad": {"optimizer": {"type": "Adagrad", "lr": 0.05, "weight_decay": 1e-3}},
    "bfloat16": {"precision": "bfloat16"},
}
LIMIT = {"bfloat16": 1e-2}
"""Of the difference of two losses, where it is not 1e-4: products of 8 bits, added in another order, are chaotic."""


@pytest.mark.parametrize("recipe", RECIPES)
def test_steps_as_one_cuda_graph_have_the_losses_of_eager_ones(recipe):
    job, recorder = tiny_job(epochs=EPOCHS, **RECIPES[recipe]), Counting()
    graph, eager = losses_of(job, recorder), losses_of(job, None)
    assert recorder.recorded == 1
    assert len(graph) == 51 > WARM_UP and graph[-9:].mean() < 0.99 * graph[:9].mean()
    torch.testing.assert_close(graph, eager, atol=LIMIT.get(recipe, 1e-4), rtol=0)


def test_batches_of_the_gpu_are_those_of_the_loader():
    job = tiny_job()
    recipe, samples = job.protocol.training, samples_of(job)
    source = batch_source(samples, recipe, job.seed, Accelerator())
    for epoch in range(3):
        for found, expected in zip(source(epoch), epoch_loader(samples, recipe, job.seed, epoch), strict=True):
            assert found[0].device.type == "cuda"
            torch.testing.assert_close(found[0].cpu(), expected[0], atol=1e-4, rtol=0)
            assert torch.equal(found[1].cpu(), expected[1])


def synthetic(method):
    """A training of ten steps on scenes of `synth`."""
    changes = {"training.epochs": 2, "training.batch": 4, "training.augmentation.crop": 64}
    return make_job(parse_spec(method), parse_spec("synth:n=30,size=96"), "native", 0, changes)


@pytest.mark.parametrize("method", ["tiny", "mim_istd", "acm"])
def test_a_training_that_is_stopped_ends_with_the_same_bits(method, monkeypatch, tmp_path):
    job = tiny_job(method=TINY) if method == "tiny" else synthetic(method)
    whole = train(job, device="cuda").read_bytes()
    monkeypatch.setattr(checkpoint, "SECONDS_APART", 0)
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "another home"))

    def stopped(items, title, state=None):
        for done, item in enumerate(items):
            yield item
            if title.endswith("train") and done == 6:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(job, device="cuda", track=stopped)
    assert train(job, device="cuda").read_bytes() == whole
