"""Errors of the learned side.

ModelError
├── BundleCorrupt     a file of a bundle is missing or its hash disagrees      exit 65 (EX_DATAERR)
├── SpecMismatch      network, crop and specification do not fit together      exit 65 (EX_DATAERR)
├── ParityFailed      ONNX Runtime and torch disagree; nothing was written     exit 70 (EX_SOFTWARE)
├── BundleUnwritable  a bundle cannot be written where it was wanted           exit 73 (EX_CANTCREAT)
├── ReportUnwritable  a report cannot be written where it was wanted           exit 73 (EX_CANTCREAT)
├── TrainingFailed    a training diverged, or a process of it died             exit 70 (EX_SOFTWARE)
├── PartMissing       an optional package is not installed                     exit 69 (EX_UNAVAILABLE)
└── DataMissing       a data set is not where it was said to be                exit 66 (EX_NOINPUT)
    └── DataInvalid   a data set is there, but not in its layout               exit 65 (EX_DATAERR)
"""

from __future__ import annotations


class ModelError(Exception):
    """Root of errors raised by ``models`` and ``exporters``; ``exit_code`` follows sysexits.h."""

    exit_code = 70


class BundleCorrupt(ModelError):
    """A bundle's file is missing, truncated or changed."""

    exit_code = 65


class SpecMismatch(ModelError):
    """A network, its specification and the crop offered to it do not fit together."""

    exit_code = 65


class ParityFailed(ModelError):
    """The exported network does not compute what the trained one computes."""

    exit_code = 70


class BundleUnwritable(ModelError):
    """The folder for a bundle cannot be made, or holds something else."""

    exit_code = 73


class TrainingFailed(ModelError):
    """A training left the finite numbers, or one of its processes died; the message says which and what to do."""

    exit_code = 70


class ReportUnwritable(ModelError):
    """The folder for a report cannot be made or written."""

    exit_code = 73


class PartMissing(ModelError):
    """Something needs an optional part of the installation (torch, onnx); the message names the extra."""

    exit_code = 69


class DataMissing(ModelError):
    """A data set or a file of it is not where it was said to be."""

    exit_code = 66


class DataInvalid(DataMissing):
    """A file of a data set cannot be read in its layout; the message names file, row and reason."""

    exit_code = 65
