"""Records of runs: their schema, where they were made, and the folder they are kept in."""

from istdbench.results.lookup import look_up as look_up
from istdbench.results.provenance import Provenance as Provenance
from istdbench.results.provenance import TypedText as TypedText
from istdbench.results.provenance import collect as collect
from istdbench.results.record import Record as Record
from istdbench.results.record import record_key as record_key
from istdbench.results.record_parts import BestOnTest as BestOnTest
from istdbench.results.record_parts import DatasetInfo as DatasetInfo
from istdbench.results.record_parts import GridInfo as GridInfo
from istdbench.results.record_parts import MethodInfo as MethodInfo
from istdbench.results.record_parts import MetricsInfo as MetricsInfo
from istdbench.results.record_parts import NetworkInput as NetworkInput
from istdbench.results.record_parts import PerImageInfo as PerImageInfo
from istdbench.results.record_parts import PredictionsInfo as PredictionsInfo
from istdbench.results.record_parts import ProtocolInfo as ProtocolInfo
from istdbench.results.record_parts import SubmissionInfo as SubmissionInfo
from istdbench.results.record_parts import WeightsInfo as WeightsInfo
from istdbench.results.store import RECORDS as RECORDS
from istdbench.results.store import Store as Store
from istdbench.results.store import read_record as read_record
