"""Errors a user can mend. Each message says what was wrong, where, and what to do."""

from __future__ import annotations


class IstdbenchError(Exception):
    """A run that failed for a reason the user can mend; the command line exits with code 1."""


class UsageError(IstdbenchError):
    """A name, option or combination that can never work; the command line exits with code 2."""


class DataError(IstdbenchError):
    """A data set that is missing, incomplete or not what its manifest says."""


class AlteredDataError(DataError):
    """A file of a published data set that is here, and is not as it was published."""


class WeightsError(IstdbenchError):
    """Weights that are absent, unreadable or belong to something else."""


class BusyError(IstdbenchError):
    """Work that another process does at this moment; the command line exits with code 3."""
