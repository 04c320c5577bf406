"""The archive's decisions: what is kept and in which order, what is told, and whether it is still unchanged."""

from services.archive.handlers.fixity import Fixity
from services.archive.handlers.keeping import Archivist, Ports

__all__ = ["Archivist", "Fixity", "Ports"]
