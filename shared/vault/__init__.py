"""Sealing at the edge, opening inside: who may open what, and the keys that enforce it."""

from shared.vault.box import Box
from shared.vault.bundle import KeyBundle
from shared.vault.purposes import OPENS, SECRETS, Purpose
from shared.vault.sealing import Binding, CannotOpen, Opener, Sealer

__all__ = ["OPENS", "SECRETS", "Binding", "Box", "CannotOpen", "KeyBundle", "Opener", "Purpose", "Sealer"]
