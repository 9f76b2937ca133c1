"""Importing SchNetPack 2.1.1 beside torch 2.13.

``schnetpack.data.loader`` imports ``T_co`` from ``torch.utils.data.dataloader``, a type variable
that torch no longer has there; nothing but an annotation uses it. It is put back for the moment of
the import and taken away again. Whoever needs SchNetPack imports this module first.
"""

from __future__ import annotations

import typing

from torch.utils.data import dataloader

_NAME = "T_co"

if hasattr(dataloader, _NAME):
    import schnetpack
else:
    setattr(dataloader, _NAME, typing.TypeVar("T_co", covariant=True))
    try:
        import schnetpack
    finally:
        delattr(dataloader, _NAME)

__all__ = ["schnetpack"]
