"""The errors of DX-Py that a user may meet."""

from __future__ import annotations


class DxError(Exception):
    """What a user may meet; its text is one line that says what was wrong and what to do.

    Every stage has a subclass. A command prints the text without a traceback; any other
    exception is a defect of DX-Py.
    """


class ArtifactError(DxError):
    """Bytes that cannot be used as the artifact they are said to be."""


class DamagedArtifactError(ArtifactError):
    """Bytes that are not a whole artifact: truncated, changed, or never one."""


class NewerArtifactError(ArtifactError):
    """An artifact whose schema is newer than this DX-Py knows."""


class WrongKindError(ArtifactError):
    """A whole artifact, but of another kind than the reader wants."""
