"""The exception tree of vigil. Every error a user can cause says what, where and what to do, in one line.

    VigilError
    ├── UsageError            a wrong option or argument                          exit 64 (EX_USAGE)
    ├── InputError            a recording or picture cannot be read               exit 65 (EX_DATAERR)
    │   └── InputMissing      the named file does not exist                       exit 66 (EX_NOINPUT)
    ├── ServiceUnavailable    something needed is not there (asset, sidecar)      exit 69 (EX_UNAVAILABLE)
    ├── OutputError           an output cannot be created                         exit 73 (EX_CANTCREAT)
    │   └── OutputFull        the disk is full, or writing failed midway          exit 74 (EX_IOERR)
    └── ConfigurationError    a configuration value is wrong                      exit 78 (EX_CONFIG)

The learned side has its own root, ``models.errors.ModelError`` (bundles and specifications), which carries an
``exit_code`` in the same way; ``monitor.cli`` prints both as one line.
"""

from __future__ import annotations


class VigilError(Exception):
    """Root of everything vigil raises on purpose; ``exit_code`` follows sysexits.h."""

    exit_code = 70


class UsageError(VigilError):
    """The command line cannot be carried out as written."""

    exit_code = 64


class InputError(VigilError):
    """A recording or picture exists but cannot be read as one."""

    exit_code = 65


class InputMissing(InputError):
    """The named recording or picture does not exist."""

    exit_code = 66


class ServiceUnavailable(VigilError):
    """A part that is needed (landmark asset, system library, sidecar) is not there."""

    exit_code = 69


class OutputError(VigilError):
    """An output file or folder cannot be created or written."""

    exit_code = 73


class OutputFull(OutputError):
    """Writing failed midway (disk full, device gone); what was written before stays."""

    exit_code = 74


class ConfigurationError(VigilError):
    """A configuration value is wrong; the message names its dotted path."""

    exit_code = 78
