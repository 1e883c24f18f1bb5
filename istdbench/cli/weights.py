"""`istdbench weights list|import|show`."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import group, print_json, say, say_aside, say_kept, show_table
from istdbench.registry import METHODS, METRICS
from istdbench.spec import parse_spec

if TYPE_CHECKING:
    from istdbench.importing.file_summary import TensorSet
    from istdbench.importing.import_weights import Imported
    from istdbench.jobs.header import ImportFacts, WeightsHeader
    from istdbench.released.release import Claim, Release
    from istdbench.results import NetworkInput

app = group("Files of weights: those that authors released, take over what others trained, look into a file.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="A file of weights; no code in it is run.")]
Key = Annotated[str | None, typer.Option(help="Which of several sets of tensors in the file.")]
Input = Annotated[
    str | None,
    typer.Option(
        "--input",
        help="What the network saw: resize (side that images were stretched to, or none), mean and sd (in grey levels "
        "0..255; one, or one a channel with slashes between), pad (sides filled up to a multiple; 1 where left out).",
        show_default="it must be said",
    ),
]

SHOWN = 8
"""Names of tensors that are shown of a file of others."""


@app.command("list")
def list_(as_json: options.AsJson = False) -> None:
    """List the weights that authors released: for which method, what is claimed of them, and whether they are here.

    `--weights released`, or `released:NAME` where a method has several, takes them wherever weights are named. They are
    fetched when they are first used, from ISTDBENCH_MIRROR or their repository, and compared with their SHA-256. Claims
    are those of their authors, by the rule of their code (a variant of `istdbench audit`).

    Example: istdbench weights list
    """
    from istdbench.released.releases import releases

    if as_json:
        print_json([{**each.model_dump(mode="json"), "at_hand": each.at_hand} for each in releases()])
        return
    headings = ("method", "name", "claimed", "on", "rule", "terms", "here")
    show_table(headings, [row for each in releases() for row in _rows(each)])
    remarks = [f"{each.method} {each.name}: {each.training}. {each.remark}".strip() for each in releases()]
    say("\n".join(["", *remarks]))


@app.command("import")
def import_(
    file: File,
    method: options.ForMethod,
    out: Annotated[Path, typer.Option(help="The new file, .safetensors.")],
    seen: Input = None,
    threshold: Annotated[float, typer.Option(help="A target is where the score is greater than this.")] = 0.5,
    key: Key = None,
) -> None:
    """Take over weights that others trained: .pth, .pth.tar, .pt, .pkl, .safetensors, MXNet's .params.

    Names are ours or those of the code that the method's authors published. Tensors that are missing, left over or of
    another shape are an error. A pickled module is read, and no code in it is run. What is scored with the new file is
    marked, since how the weights were trained is not known.

    --input has no word for other normalisations, such as from minimum to maximum of each image; and istdbench stretches
    images in its own way, which may differ a little from the authors'.

    Example: istdbench weights import DNANet.pth.tar --method dnanet --out dnanet.safetensors
    --input resize=256,mean=123.675/116.28/103.53,sd=58.395/57.12/57.375
    """
    from istdbench.importing.import_weights import import_weights

    done = import_weights(file, parse_spec(method), seen, out, key=key, threshold=threshold)
    for line in _told(done):
        say_aside(line)
    frames = METHODS.get(parse_spec(method).name).frames
    data = "nuaa" if frames == 1 else f"synth:frames={frames}"
    say_aside(f"to score them: istdbench run --methods {method} --dataset {data} --weights {out}")
    say_kept(out)


@app.command()
def show(file: File, as_json: options.AsJson = False) -> None:
    """Say what a file of weights holds: whose they are, what their network sees, which tensors.

    Example: istdbench weights show dnanet.safetensors
    """
    from istdbench.importing.file_summary import summary

    found = summary(file)
    header = found.header
    if as_json:
        plain = {
            key: value and value.model_dump(mode="json") for key, value in (("header", header), ("input", found.input))
        }
        print_json(vars(found) | plain)
        return
    if header is None:
        say(f"{file}: not written by istdbench; SHA-256 {found.sha256}")
    else:
        say(f"{file}: weights of {header.method}; SHA-256 {found.sha256}")
        for line in _described(header, found.input, found.threshold):
            say(line)
    for tensors in found.sets:
        _show_set(tensors, SHOWN if header is None else 0)
    if found.others:
        say(f"beside them: {', '.join(found.others)}")
    if header is None:
        say(
            f"to take them over: istdbench weights import {file} --method METHOD "
            "--input resize=SIDE,mean=LEVEL,sd=LEVEL --out NEW.safetensors"
        )


def _rows(release: Release) -> list[tuple[str, ...]]:
    """A line for each place that claims something; one where none does."""
    here = "yes" if release.at_hand else "no"
    own = (release.method, release.name)
    said = [(_claimed(claim), str(claim.on), claim.rule) for claim in release.claims] or [("nothing", "", "")]
    return [
        (*(own if first else ("", "")), *told, *((release.terms, here) if first else ("", "")))
        for first, told in zip([True, *[False] * len(said)], said, strict=False)
    ]


def _claimed(claim: Claim) -> str:
    """The values, each in its metric's unit."""
    metrics = {entry.name: entry for entry in METRICS.all()}
    return ", ".join(f"{name} {value * Decimal(f'{metrics[name].scale:g}'):f}" for name, value in claim.values.items())


def _told(done: Imported) -> list[str]:
    """What was done, and what was not."""
    from istdbench.importing.fitting import first_few

    facts = done.facts
    lines = [f"taken: {done.tensors} tensors{_inside(facts.key)}; SHA-256 of the file {facts.sha256}"]
    told = {
        "beside them, not used": done.others,
        "left out, for no prediction reads them": facts.unread,
        "not in the file, and no prediction reads them": facts.untold,
        "of one gray channel, which is the first of the network's here": facts.widened,
    }
    lines += [f"{what}: {len(names)} ({first_few(names)})" for what, names in told.items() if names]
    return [*lines, f"input, as you say: {_seen(done.seen)}"]


def _inside(key: str) -> str:
    return f" in {key!r}" if key else ""


def _described(header: WeightsHeader, seen: NetworkInput | None, threshold: float | None) -> list[str]:
    """What a file of ours says, a line a group."""
    given = ", ".join(f"{key}={value}" for key, value in sorted(header.options.items()))
    lines = [f"options: {given or 'none'}"]
    if seen is None:
        lines.append("input: as the protocol that they were trained by had it, which is not here as it was then")
    else:
        lines.append(f"input: {_seen(seen)}; a target is where the score is greater than {threshold:g}")
    if header.imported is not None:
        lines.append(
            f"imported from {header.imported.file}, SHA-256 {header.imported.sha256}; {_of_release(header.imported)}"
        )
    if (made := header.training) is not None:
        lines.append(
            f"trained on {made.dataset}, split {made.split}, part {made.part} ({made.images} images) by "
            f"{made.protocol}, seed {made.seed}: {made.epochs} epochs, {made.steps} steps, loss {made.loss:.4f}"
        )
    return lines


def _of_release(imported: ImportFacts) -> str:
    """What is known of the training of imported weights."""
    if (told := imported.released) is None:
        return "training unknown"
    on = " + ".join(map(str, told.trained_on)) or "data that are not here, or not known"
    return f"released at github.com/{told.repository}, commit {told.commit}; trained on {on}"


def _seen(seen: NetworkInput) -> str:
    """What a network sees, in words."""
    size = "the native size" if seen.resize is None else f"stretched to {seen.resize} x {seen.resize} pixels"
    more = ", those that are by one more" if seen.pad_always else ""
    pad = "" if seen.pad == 1 else f", filled up with zeros to multiples of {seen.pad}{more}"
    mean, sd = (
        "/".join(f"{level:g}" for level in (value if isinstance(value, tuple) else (value,)))
        for value in (seen.mean, seen.sd)
    )
    channels = "one gray channel" if seen.channels == 1 else f"the gray image on {seen.channels} channels"
    return f"{size}{pad}; {channels}; gray levels less {mean}, over {sd}"


def _show_set(tensors: TensorSet, names: int) -> None:
    dtypes = ", ".join(tensors.dtypes)
    say(f"{len(tensors.shapes)} tensors{_inside(tensors.key)}, {tensors.numbers / 1e6:.3f} million numbers ({dtypes})")
    shown = list(tensors.shapes.items())[:names]
    for name, shape in shown:
        say(f"  {name} {' x '.join(map(str, shape)) or 'one number'}")
    if shown and len(tensors.shapes) > len(shown):
        say("  ...")
