"""Published data sets: files pinned by a manifest, fetched once, read from ISTDBENCH_HOME."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path

from istdbench.datasets import sources
from istdbench.datasets.dataset import Dataset, Sample
from istdbench.datasets.paired_files import Lists, PairedFiles, some
from istdbench.datasets.sources import Manifest
from istdbench.datasets.split_lists import read_list
from istdbench.errors import AlteredDataError, DataError, UsageError
from istdbench.files import sha256_file
from istdbench.progress import Progress
from istdbench.spec import Spec, check_options


@dataclass(frozen=True)
class LaterLists:
    """Splits that a data set was given when there were records of it already.

    Their lists are fetched and checked as all files are, but are no part of the fingerprint: no pixel depends on them,
    and what was made before stays valid.

    Attributes:
        manifest: the manifest file of these lists alone.
        splits: split to part to manifest path of the list of names.
    """

    manifest: Traversable
    splits: Mapping[str, Mapping[str, str]]


class PublishedDataset(PairedFiles):
    """A data set whose every file is named, with its SHA-256, by a manifest in the package.

    Images, masks and lists are hashed each time that they are read, and one that is not as published is refused. That
    costs 1 % of decoding them, so nothing is remembered that a later change could slip past.
    """

    def __init__(
        self,
        name: str,
        *,
        manifest: Traversable,
        images: str,
        masks: str,
        lists: Mapping[str, Mapping[str, str]],
        grey_masks: bool = False,
        backgrounds: Collection[str] = (),
        default_protocol: str = "native",
        terms: str = Dataset.terms,
        publishable: bool = False,
        typical_side: int | None = None,
        digests: Traversable | None = None,
        largest_file: int = 1 << 30,
        later: LaterLists | None = None,
    ) -> None:
        """Declare a data set; nothing is read.

        Args:
            manifest: the manifest file.
            images, masks: manifest path of an image and its mask, `{name}` standing for the image's name.
            lists: split to part to manifest path of the list of names.
            grey_masks: the masks are known to hold levels other than 0 and 255.
            backgrounds, default_protocol, terms, publishable, typical_side: as in `Dataset`.
            digests: file of lines `digest  name`, so that no image has to be read for its digest.
            largest_file: bytes of the largest file; a mirror that sends more is refused.
            later: splits that came later.
        """
        self.name = name
        self.grey_masks = grey_masks
        self.backgrounds = backgrounds
        self.default_protocol = default_protocol
        self.terms = terms
        self.publishable = publishable
        self.typical_side = typical_side
        self.fix = f"run `istdbench data fetch {name}`"
        self.patterns = (images, masks)
        self.list_paths = {**lists, **(later.splits if later else {})}
        self.largest_file = largest_file
        self._manifest = manifest
        self._digests = digests
        self.later = later

    @property
    def folder(self) -> Path:
        """Where the files lie once they are fetched."""
        return sources.data_folder(self.spec.name)

    @property
    def manifest(self) -> Manifest:
        """Every file with its SHA-256."""
        first = Manifest.read(self._manifest)
        later = Manifest.read(self.later.manifest).hashes if self.later else {}
        return Manifest({**first.hashes, **later}, first.fingerprint)

    @property
    def fingerprint(self) -> str:
        return self.manifest.fingerprint

    def lists(self) -> Lists:
        self._require_fetched()
        return {
            split: {part: self._list(path) for part, path in parts.items()} for split, parts in self.list_paths.items()
        }

    def paths(self, name: str) -> tuple[Path, Path]:
        image, mask = (self.folder / path for path in self.manifest_paths(name))
        return image, mask

    def manifest_paths(self, name: str) -> tuple[str, str]:
        """The manifest paths of an image and of what tells its targets."""
        image, mask = (pattern.format(name=name) for pattern in self.patterns)
        return image, mask

    def faults(self) -> list[str]:
        wrong = [path.rpartition("/")[2] for path in sources.altered(self.spec.name, self.manifest)]
        return super().faults() + (
            [f"files not as published: {len(wrong)} ({some(wrong)}); {self.fix}"] if wrong else []
        )

    def load(self, name: str) -> Sample:
        self._require_fetched()
        for path in self.manifest_paths(name):
            self._published(path)
        return super().load(name)

    def digest(self, name: str) -> str:
        return self._known_digests.get(name) or super().digest(name)

    @cached_property
    def _known_digests(self) -> Mapping[str, str]:
        lines = self._digests.read_text(encoding="utf-8").splitlines() if self._digests else ()
        return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}

    def _require_fetched(self) -> None:
        if not self.folder.is_dir():
            raise DataError(
                f"{self.name}: not here yet; {self.fix} (set ISTDBENCH_MIRROR to a folder or URL that holds a copy)"
            )

    def _list(self, path: str) -> tuple[str, ...]:
        if not (self.folder / path).is_file():
            raise DataError(f"{self.name}: {path.rpartition('/')[2]} is missing; {self.fix}")
        return read_list(self._published(path))

    def _published(self, path: str) -> Path:
        """The file of a manifest path, whose content is that of the manifest.

        Raises:
            AlteredDataError: it is not.
            DataError: it cannot be read, or the manifest has no such path.
        """
        file = self.folder / path
        if path not in self._hashes:
            raise DataError(f"{file}: it is no file of {self.name}")
        try:
            there = sha256_file(file)
        except OSError as error:
            raise DataError(f"{file}: cannot be read ({error.strerror}); {self.fix}") from error
        if there != self._hashes[path]:
            raise AlteredDataError(
                f"{file}: it is not the file that was published (its SHA-256 is another); {self.fix}, which puts that "
                "in its place, and keep data of your own elsewhere, as folder:PATH"
            )
        return file

    @cached_property
    def _hashes(self) -> Mapping[str, str]:
        return self.manifest.hashes


def builder(make: Callable[[], PublishedDataset]) -> Callable[[Spec], Dataset]:
    """`make` as a registry entry builds it: a published data set takes no options.

    Raises (when called):
        UsageError: the typed name carries an option or an argument.
    """

    def build(spec: Spec) -> Dataset:
        check_options(f"data set {spec.name!r}", [*spec.options, *filter(None, [spec.argument])], ())
        return make()

    return build


def fetch(dataset: Dataset, progress: Progress | None = None) -> Path:
    """Download a published data set, or what is missing of it, and return its folder; see `download.fetch`.

    Raises:
        UsageError: the data set is not downloaded from anywhere.
        DataError: the files cannot be had or written.
    """
    if not isinstance(dataset, PublishedDataset):
        raise UsageError(f"{dataset.name}: nothing to fetch; it is not a published data set")
    from istdbench.datasets import download

    return download.fetch(dataset.spec.name, dataset.manifest, dataset.largest_file, progress)
